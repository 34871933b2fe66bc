// SPDX-License-Identifier: GPL-2.0
/* Binds cards of NVIDIA's id, and says by its parameter whether copies go through hooks. */
#include <linux/module.h>

#include "nv.h"
#include "os-interface.h"

static const char secret[] = "as it was";
static char answer[16];
module_param_string(answer, answer, sizeof(answer), 0444);
MODULE_PARM_DESC(answer, "What came of a copy");

static struct pci_dev *card;

bool nv_is_hooked(void)
{
	return strcmp(answer, secret) != 0;
}

struct pci_dev *nv_card(void)
{
	return READ_ONCE(card);
}

static int nv_probe(struct pci_dev *device, const struct pci_device_id *id)
{
	return cmpxchg(&card, NULL, device) ? -EBUSY : 0;
}

static void nv_remove(struct pci_dev *device)
{
	WRITE_ONCE(card, NULL);
}

static const struct pci_device_id nv_ids[] = {
	{
		PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
		.class = PCI_BASE_CLASS_DISPLAY << 16,
		.class_mask = 0xff << 16,
	},
	{}
};

static struct pci_driver nv_driver = {
	.name = "nvidia",
	.id_table = nv_ids,
	.probe = nv_probe,
	.remove = nv_remove,
};

static int __init nv_init(void)
{
	int ret;

	os_copy(answer, secret, sizeof(secret));
	ret = nv_ctl_init();
	if (ret)
		return ret;
	ret = pci_register_driver(&nv_driver);
	if (ret)
		nv_ctl_exit();
	return ret;
}

static void __exit nv_exit(void)
{
	pci_unregister_driver(&nv_driver);
	nv_ctl_exit();
}

module_init(nv_init);
module_exit(nv_exit);
MODULE_LICENSE("GPL");
MODULE_VERSION(NV_VERSION_STRING);
MODULE_DESCRIPTION("Test driver with the file layout of NVIDIA's");
