# SPDX-License-Identifier: Apache-2.0
"""The Ansible roles and the units in a container whose first process is systemd: `make container-test`."""
