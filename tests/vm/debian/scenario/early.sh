# Before drivers load, by initramfs-tools: what tests/vm/debian/early.sh says.
# installed: yes
# topology: wishes
# deadline: 1200
. /tests/cards.sh
. /tests/early.sh

rebuild="update-initramfs -u"
make_initramfs() { update-initramfs -u -k "$(uname -r)"; }
has_list() { lsinitramfs "$initrd" | grep -qx usr/lib/gpushift/early; }
# The hardest case: it loads as soon as udev runs.
set_up_maker() { echo bochs >>/etc/initramfs-tools/modules; }

early_boots
