# DKMS for real: installed on one kernel, loaded at boot, built again by a kernel upgrade, removed without a trace.
# source: yes
# deadline: 5400

version=$(cat /tests/source/VERSION)
old=$(release_of 6.1) new=$(release_of 6.12)
packages=/var/lib/local-packages

# It complains of headers that have a vmlinux without text.
dkms_state() { dkms status "gpushift/$version" 2>/dev/null | sed 's/.*, \([^,]*\), [^,]*: /\1 /' | sort | tr '\n' ' '; }
source_says() { gpushift --json list | jq -r .source; }
loaded() { grep -q '^gpushift ' /proc/modules; }
failed_units() { systemctl list-units --failed --plain --no-legend; }

# Until the upgrade this host has the headers of one kernel.
only_old_headers() { dpkg --purge $(cd "$packages" && echo ./*.deb | sed 's|\./\([^_]*\)_[^ ]*|\1|g'); }
no_new_headers() { [[ ! -e /lib/modules/$new/build ]]; }

traces()
{
	find /lib/modules /usr/src /var/lib/dkms /usr/lib/modules-load.d /etc /usr/local -name '*gpushift*' ! -name '*gpushift-scenario*' \
		! -name gpushift-test
	find /var/lib/dkms -mindepth 1 -maxdepth 1 -type d
}

case $BOOT in
1)
	traces >/var/tmp/before
	check "the second kernel's headers are taken away" only_old_headers
	check "none are left" no_new_headers
	check "make install" make -C "$(source_tree)" install
	expect_output "$old installed " "DKMS built it for the one kernel with headers" dkms_state
	expect_match "^ok .*Secure Boot is " "what Secure Boot asks for is said in a sentence" gpushift --quiet doctor module-signature
	check_fails "it is not loaded yet" loaded
	boot_again
	;;
2)
	expect_output "$old" "the first kernel runs" uname -r
	check "the module was loaded at boot" loaded
	expect_output "$version" "it is the one installed" cat /sys/module/gpushift/version
	expect_output kmod "the tool reads it" source_says
	expect_output "" "no unit has failed" failed_units
	check "a kernel upgrade brings the second kernel's headers" eval "dpkg -i $packages/*.deb"
	expect_output "$old installed $new installed " "it made DKMS build the module for it" dkms_state
	boot_again 6.12
	;;
3)
	expect_output "$new" "the second kernel runs" uname -r
	check "the module was loaded at boot there" loaded
	expect_output kmod "the tool reads it there" source_says
	expect_output "" "no unit has failed there" failed_units
	check "make uninstall" make -C "$(source_tree)" uninstall
	expect_output "$(cat /var/tmp/before)" "it leaves nothing" traces
	check "the module can be unloaded" rmmod gpushift
	check "what loads modules at boot is content without it" systemctl restart systemd-modules-load.service
	check_fails "and loads nothing" loaded
	;;
esac
