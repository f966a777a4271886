#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs on the machine: says how it is until it is told no more, one `REPORT name value` a line.
#   The units that must run are in /run/image-units.
said() { echo "REPORT $*"; }
journal() { for unit in $units; do journalctl --no-pager --boot --output=short-monotonic --lines="$1" --unit="$unit"; done; }
units=$(cat /run/image-units)
until [ "$(systemctl is-active graphical.target $units | sort -u)" = active ]; do
  said waiting $(systemctl is-active graphical.target $units)
  [ -z "$waited" ] || journal 6
  waited=yes
  sleep 20
done
said up "$(cut -d' ' -f1 /proc/uptime)"
sleep 60 # a screen that ends at once is started again and again
for unit in $units; do said unit "$unit" "$(systemctl is-active "$unit")" "$(systemctl show --value --property=NRestarts "$unit")"; done
said restful "$(systemctl show --value --property=ConditionResult dipchip-kiosk-ui.service dipchip-kiosk-commission.service | xargs)"
said failed "$(systemctl list-units --failed --plain --no-legend | cut -d' ' -f1 | xargs)"
said root "$(findmnt --noheadings --output FSTYPE,OPTIONS /)"
said written "$(touch /usr/x 2>&1)"
said data "$(findmnt --noheadings --output FSTYPE,SIZE /data)"
said mounts "$(findmnt --noheadings --list --output TARGET,FSTYPE | grep -E '^/(etc|var|opt)' | xargs)"
said machine "$(wc -c </etc/machine-id)"
said swap "$(wc -l </proc/swaps)"
said journal "$(journalctl --header | grep -c 'File path: /var/log/journal')"
said cores "$(cat /proc/sys/kernel/core_pattern)"
said watchdog "$(systemctl show --property=RuntimeWatchdogUSec --value)"
said clock "$(systemctl is-active chrony.service) $(chronyc -n sources 2>&1 | wc -l)"
said memory "$(free -m | sed -n 's/^Mem: *//p' | tr -s ' ')"
said analyze "$(systemd-analyze time | head -1)"
ps -eo user,etimes,stat,args | grep -v '\]$'
journal 30
journalctl --no-pager --boot --output=short-monotonic --priority=warning --lines=60
said end
