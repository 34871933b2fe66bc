# shellcheck shell=bash
# What scenarios of gpushift share: asking it by --json, and finding what a topology holds without knowing it.

cards() { gpushift list --json | jq -r '.cards[].address'; }
mode_of() { gpushift show "$1" --json | jq -r .card.mode; }
functions_of() { gpushift list --json | jq -r --arg card "$1" '.cards[] | select(.address == $card) | .functions[].address'; }
refusals() { gpushift plan "$@" --json | jq -r '.refused[].code' | sort -u; }
is_mode() { [[ $(mode_of "$1") == "$2" ]]; }
has_override() { [[ $(override_of "$1") == "${2:-(null)}" ]]; }

# What a refused plan asks the user to name, as options.
wanted_options() # CARD: prints --with ADDRESS and --force as they are needed
{
	local card=$1 plan options=()
	plan=$(gpushift plan "$card" passthrough --json)
	mapfile -t options < <(jq -r '.refused[] | select(.code == "outside-card") | .fix' <<<"$plan" |
		grep -o -- '--with [0-9a-f:.]*' | tr ' ' '\n')
	[[ $plan != *'"no-reset"'* ]] || options+=(--force)
	printf '%s\n' "${options[@]}"
}

# A card that is alone in its group and can be reset: nothing is in its way.
free_card()
{
	gpushift list --json | jq -r 'first(.cards[] | select(.modes.passthrough.available and .mode == "host") | .address)'
}

free_cards() { gpushift list --json | jq -r '.cards[] | select(.modes.passthrough.available and .mode == "host") | .address'; }

# Makes a card a vGPU host by the stand-in driver, as an administrator would with a vendor's.
make_vgpu_host() # CARD
{
	modprobe gpushift_test_vgpu
	bind_override "$1" nvidia
}

standin() { echo "$2" >"/sys/module/gpushift_test_vgpu/parameters/$1"; }
standin_holds() { [[ $(cat /sys/module/gpushift_test_vgpu/parameters/held) != 0 ]]; }

# A function that is in a card's group and not of the card, bound to a host driver.
foreign_card()
{
	local card
	for card in $(cards); do
		[[ $(refusals "$card" passthrough) != *outside-card* ]] || { echo "$card"; return; }
	done
}
