#!/bin/bash
# Completion as a person has it: bash, zsh and fish, each at a terminal of its own, are typed to; a Tab is pressed, then Enter, and
# what was completed is what the command is called with. Cards, modes and profiles are those of a generated tree, which the
# real program reads. Prints TAP.
set -uo pipefail

build=$(realpath "${GPUSHIFT_BUILD:-$(dirname "$0")/../../userspace/build}")
work=$(mktemp -d "${TMPDIR:-/tmp}/gpushift-completion.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=tests/unit/tree.sh
. "$(dirname "$0")/tree.sh"

# What completion asks of the program it is told; any other call only notes its words.
make_program()
{
	mkdir -p "$work/bin" "$work/home"
	cat >"$work/bin/gpushift" <<-END
		#!/bin/bash
		[[ \$1 != __complete ]] || exec "$build/gpushift" --root "$tree" "\$@"
		printf '%s\n' "\$*" >>"$work/called"
	END
	chmod 755 "$work/bin/gpushift"
}

# --- a terminal for each shell ---------------------------------------------------------------------------------------

declare -A setup
setup[bash]="PS1='> '; bind 'set enable-bracketed-paste off'; . $build/completion/gpushift.bash"
# As installed: a function of that name where zsh looks for those of completion.
setup[zsh]="PS1='> '; unsetopt beep; fpath=($work/zsh \$fpath); autoload -Uz compinit && compinit -u -d $work/home/dump"
setup[fish]="source $build/completion/gpushift.fish"

shell_command() # SHELL
{
	case $1 in
	bash) echo "bash --norc --noprofile -i" ;;
	zsh) echo "zsh -f -i" ;;
	fish) echo "fish --no-config --interactive" ;;
	esac
}

# Types lines into a shell at a terminal. Each line ends with a Tab and Enter; the shell ends with the input.
type_into() # SHELL LINE...
{
	local shell=$1 line
	shift
	{
		printf '%s\r' "${setup[$shell]}"
		for line; do printf '%s\t\r' "$line"; done
		printf 'exit\r'
	} >"$work/typed"
	env -i HOME="$work/home" PATH="$work/bin:$PATH" TERM=dumb LC_ALL=C.UTF-8 timeout 60 \
		script --quiet --return --echo never --command "$(shell_command "$shell")" /dev/null <"$work/typed" >"$work/screen" 2>&1
}

# TYPED|WHAT THE COMMAND IS CALLED WITH
LINES_TYPED='
gpushift show 0000:00:02|show 0000:00:02.0
gpushift sh|show
gpushift set 0000:00:02.0 pass|set 0000:00:02.0 passthrough
gpushift set 0000:00:02.0 v|set 0000:00:02.0 vgpu
gpushift show fr|show front
gpushift profiles mt|profiles mtty
gpushift vgpu create mtty --profile mt|vgpu create mtty --profile mtty-1
gpushift set 0000:00:02.0 passthrough --driver vf|set 0000:00:02.0 passthrough --driver vfio-pci
gpushift plan 0000:00:02.0 passthrough --with 0000:00:03|plan 0000:00:02.0 passthrough --with 0000:00:03.0
gpushift vgpu cr|vgpu create
gpushift export front --format lib|export front --format libvirt
gpushift doctor early|doctor early-drivers
gpushift set front host --pers|set front host --persist
'

completes() # SHELL
{
	local typed wanted lines=() got number=0
	while IFS='|' read -r typed wanted; do
		[[ -z $typed ]] || lines+=("$typed")
	done <<<"$LINES_TYPED"
	rm -f "$work/called"
	type_into "$1" "${lines[@]}"
	mapfile -t got < <(sed 's/ *$//' "$work/called" 2>/dev/null)
	while IFS='|' read -r typed wanted; do
		[[ -n $typed ]] || continue
		verdict "$1 completes '$typed'" \
			"$([[ ${got[number]:-} == "$wanted" ]] || echo "the command is called with '${got[number]:-}', not '$wanted'")"
		number=$((number + 1))
	done <<<"$LINES_TYPED"
}

called_with() # WORDS
{
	local got
	got=$(sed 's/ *$//' "$work/called" 2>/dev/null)
	[[ $got == "$1" ]] || { echo "the command is called with '$got', not '$1'"; return 1; }
}

# Zsh and fish do so by themselves.
bash_names_files()
{
	mkdir -p "$work/folder/in it"
	rm -f "$work/called"
	type_into bash "gpushift doctor --report $work/fold" "gpushift doctor --report $work/folder/in"
	check "bash: a folder goes on with a slash, a blank is a part of it" \
		called_with "doctor --report $work/folder/"$'\n'"doctor --report $work/folder/in it/"
}

# A name is a name, also where it is a command in a shell.
bash_runs_nothing()
{
	printf '#!/bin/bash\n[[ $1 != __complete ]] || { echo "a\$(touch %s)b"; exit; }\necho "$*" >>%s\n' \
		"$work/was-run" "$work/called" >"$work/bin/gpushift"
	rm -f "$work/called"
	type_into bash "gpushift show a"
	check "bash: nothing in a name is run" test ! -e "$work/was-run"
	check "bash: it is completed as it is" called_with "show a\$(touch $work/was-run)b"
}

make_tree
mkdir -p "$tree/etc/gpushift" "$work/zsh"
printf '[card front]\naddress = 0000:01:00.0\n' >"$tree/etc/gpushift/gpushift.conf"
ln -s "$build/completion/gpushift.zsh" "$work/zsh/_gpushift"
make_program
check "bash reads its file" bash -n "$build/completion/gpushift.bash"
check "zsh reads its file" zsh -n "$build/completion/gpushift.zsh"
check "fish reads its file" fish --no-execute "$build/completion/gpushift.fish"
for shell in bash zsh fish; do completes "$shell"; done
bash_names_files
bash_runs_nothing
finish
