# Who may ask what, over netlink and /proc, is what docs/NETLINK.md says; each wrong request gets its error and its sentence.
# modules: vfio-pci
# deadline: 900
# shellcheck shell=bash
. /tests/cards.sh

# Of each kind of fact some: resizable BARs and the like are only there in the stand-in.
modprobe gpushift_test_bus functions=12 variants=1
card=$(free_card)
ids=$(genl-ask ids)
as_user_namespace_root() { as_user unshare -Ur -- "$@"; }
as_other_namespaces_root() { as_user unshare -Urn -- "$@"; }
as_root_elsewhere() { unshare -n -- "$@"; }
as_weak_root() { setpriv --inh-caps=-sys_admin --bounding-set=-sys_admin -- "$@"; }
only_open() { grep '^open ' "$1"; }

# --- what there is to see ---------------------------------------------------------------------------------------------

look() # as root; again after each event, since all answers hold the generation
{
	local what
	genl-ask dump >/tmp/dump
	genl-ask all >/tmp/all
	genl-ask get "$card" >/tmp/get
	genl-ask proc >/tmp/proc
	for what in dump all get proc; do only_open /tmp/$what >/tmp/$what.open; done
}

look
for what in dump all get proc; do
	check "root sees privileged facts: $what" grep -q '^privileged ' /tmp/$what
	check "and others: $what" [ -s /tmp/$what.open ]
done
check "privileged facts of each kind" grep -q '^privileged .* bar-detail ' /tmp/proc
check "root's dump is what root gets one by one" diff <(grep " $card " /tmp/dump) /tmp/get

same() # WHAT EXPECTED COMMAND...: the command's output is that of the file
{
	local what=$1 expected=$2
	shift 2
	check "$what" diff "$expected" <("$@" 2>&1)
}

# --- who sees it ------------------------------------------------------------------------------------------------------

sees_only_open() # WHO COMMAND...: by both ways
{
	local who=$1
	shift
	same "$who: dump" /tmp/dump.open "$@" genl-ask dump
	same "$who: dump of all" /tmp/all.open "$@" genl-ask all
	same "$who: one function" /tmp/get.open "$@" genl-ask get "$card"
	same "$who: /proc" /tmp/proc.open "$@" genl-ask proc
	expect_output joined "$who: joins the group" "$@" genl-ask join
}

sees_only_open "a plain user" as_user
sees_only_open "root without CAP_SYS_ADMIN" as_weak_root
sees_only_open "root of a user namespace" as_user_namespace_root
sees_only_open "root in a user namespace" unshare -Ur --
expect_output joined "root joins the group" genl-ask join

rebind() # CARD DRIVER: four events
{
	echo "$1" >"/sys/bus/pci/drivers/$2/unbind"
	echo "$1" >"/sys/bus/pci/drivers/$2/bind"
}

heard() # COMMAND...: what it hears of an unbind and a bind
{
	local pid input
	rm -f /tmp/hear
	mkfifo /tmp/hear
	"$@" genl-ask --ids "$ids" hear </tmp/hear >/tmp/heard 2>&1 &
	pid=$!
	exec {input}>/tmp/hear
	wait_for 20 grep -q joined /tmp/heard
	rebind "$card" "$driver"
	exec {input}>&-
	wait "$pid"
	tail -n 1 /tmp/heard
}

driver=$(driver_of "$card")
expect_output "4 events" "root hears an unbind and a bind" heard env
expect_output "4 events" "a plain user: hears them" heard as_user
look

# There is no family, and knowing its numbers does not help.
sees_no_family() # WHO PROC COMMAND...
{
	local who=$1 proc=$2
	shift 2
	expect_output "ENOENT: no family" "$who: no family" "$@" genl-ask dump
	expect_match '^ENOENT' "$who: no dump" "$@" genl-ask --ids "$ids" dump
	expect_match '^ENOENT' "$who: not one function" "$@" genl-ask --ids "$ids" get "$card"
	same "$who: /proc" "$proc" "$@" genl-ask proc
}

sees_no_family "root in another network namespace" /tmp/proc as_root_elsewhere
sees_no_family "root of a user and a network namespace" /tmp/proc.open as_other_namespaces_root
expect_output "0 events" "root in another network namespace: hears nothing" heard as_root_elsewhere
expect_output "0 events" "root of a user and a network namespace: hears nothing" heard as_other_namespaces_root
look

# --- sockets and files that change hands --------------------------------------------------------------------------------

same "root's socket, used by a user: dump" /tmp/dump.open genl-ask --used-by-user dump
same "root's socket, used by a user: one function" /tmp/get.open genl-ask --used-by-user get "$card"
same "a user's socket, to which root writes: dump" /tmp/dump.open genl-ask --opened-by-user --no-destination dump
same "a user's socket, to which root writes: one function" /tmp/get.open genl-ask --opened-by-user --no-destination get "$card"
same "a user's socket, from which root sends to the kernel" /tmp/get genl-ask --opened-by-user get "$card"
same "root's own socket, written to" /tmp/get genl-ask --no-destination get "$card"
same "root's /proc file, read by a user" /tmp/proc genl-ask --used-by-user proc
same "a user's /proc file, read by root" /tmp/proc.open genl-ask --opened-by-user proc

# --- wrong requests ---------------------------------------------------------------------------------------------------

hex() { printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'; }
refused() # ANSWER WHAT COMMAND FLAGS RESERVED [ATTRIBUTE=HEX]...
{
	expect_output "$1" "$2" as_user genl-ask raw "${@:3}"
}

get=1 event=2 dump=0x300
address() { echo "2=$(hex "$1")00"; }
form="EINVAL: ADDRESS is not of the form dddd:bb:dd.f in lower case"
refused "EINVAL: ADDRESS is missing" "no address" $get 0 0
refused "$form" "no address at all" $get 0 0 "$(address "")"
refused "$form" "a word" $get 0 0 "$(address vga)"
refused "$form" "capital letters" $get 0 0 "$(address 0000:0A:00.0)"
refused "$form" "no domain" $get 0 0 "$(address 00:01.0)"
refused "$form" "function 8" $get 0 0 "$(address 0000:00:01.8)"
refused "$form" "more behind the address" $get 0 0 "$(address 0000:00:01.0.)"
refused "ENODEV: there is no PCI function at ADDRESS" "nothing at the address" $get 0 0 "$(address ffff:ff:1f.7)"
refused "EINVAL: ALL is for dumps only" "ALL for one function" $get 0 0 25= "$(address "$card")"
refused "EINVAL: Attribute failed policy validation" "a long address" $get 0 0 "$(address 00000000000000000000:00:01.0)"
refused "EINVAL: Attribute failed policy validation" "an address without its end" $get 0 0 "2=$(hex "$card")"
refused "ERANGE: Attribute failed policy validation" "ALL with a value" $get $dump 0 25=01
refused "EINVAL: Unknown attribute type" "an attribute of answers" $get 0 0 "$(address "$card")" 26=01
refused "EINVAL: Unknown attribute type" "an attribute that there is not" $get 0 0 "$(address "$card")" 200=01
refused "EINVAL: genlmsghdr.reserved field is not 0" "a reserved bit" $get 0 1 "$(address "$card")"
refused "EINVAL: ambiguous or reserved bits set in nlmsg_flags" "a flag that means nothing" $get 0x100 0 "$(address "$card")"
refused EOPNOTSUPP "the command of events" $event 0 0
refused EOPNOTSUPP "a command that there is not" 77 0 0
# Linux 6.1 drops what a dump's start says.
sentence=": ADDRESS is not for dumps"
[[ $(uname -r) != 6.1.* ]] || sentence=""
refused "EINVAL$sentence" "an address in a dump" $get $dump 0 "$(address "$card")"

# --- the example ------------------------------------------------------------------------------------------------------

follow() # prints what the example says of an unbind and a bind
{
	local pid
	netlink-example >/tmp/followed 2>&1 &
	pid=$!
	wait_for 20 grep -q "$card is" /tmp/followed
	rebind "$card" "$driver"
	wait_for 20 grep -q "$card bound" /tmp/followed
	kill $pid
	wait $pid
	grep " $card " /tmp/followed | cut -d' ' -f2-
}

expect_output "$card is $driver
$card unbind $driver
$card unbound $driver
$card bind $driver
$card bound $driver" "the example follows a card" follow
expect_output "$(only_open /tmp/dump | awk '$3 == 2' | wc -l)" "the example dumps each function" grep -c ' is ' /tmp/followed
expect_match 'not found' "the example, where there is no family" unshare -n -- netlink-example
