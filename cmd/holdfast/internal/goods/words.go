package goods

// The word lists are ours: trade counters and gift shops, named as a packing list would. They are
// constant: nothing writes to them.

var (
	metals   = []string{"Brass", "Chrome", "Satin nickel", "Antique bronze", "Matt black", "Stainless", "Copper", "Pewter", "Gunmetal", "Aged iron"}
	timbers  = []string{"Oak", "Beech", "Walnut", "Pine", "Ash", "Bamboo", "Acacia", "Maple", "Cherry"}
	colours  = []string{"Ivory", "Sage", "Slate blue", "Mustard", "Rose", "Charcoal", "Duck egg", "Russet", "Plum", "Chalk", "Teal", "Biscuit"}
	patterns = []string{"Gingham", "Spotted", "Striped", "Fern print", "Hare print", "Plain", "Harbour print", "Damson check", "Herringbone", "Bee print", "Paisley", "Tartan"}
	glazes   = []string{"White glazed", "Reactive blue", "Speckled", "Celadon", "Terracotta", "Sea green", "Tenmoku", "Oatmeal", "Cobalt"}
	waxes    = []string{"Fig and cedar", "Sea salt", "Lavender", "Winter spice", "Linen", "Unscented", "Orange clove", "Rhubarb", "Pine needle", "Honey"}
	bores    = []string{"10 mm", "15 mm", "22 mm", "28 mm", "35 mm", "42 mm"}
	lengths  = []string{"100 mm", "150 mm", "200 mm", "300 mm", "450 mm", "600 mm"}
	screws   = []string{"3.5 x 16 mm", "4 x 25 mm", "4 x 40 mm", "5 x 50 mm", "5 x 70 mm", "6 x 100 mm"}
	volumes  = []string{"0.25 l", "0.5 l", "1 l", "2 l", "5 l"}
	trio     = []string{"small", "medium", "large"}
	sets     = []string{"single", "set of 2", "set of 4", "set of 6", "set of 12"}
	finishes = []string{"Zinc plated", "Passivated", "A2 stainless", "Brass", "Black phosphate"}
)

var families = []family{
	{"TAP", "basin tap", metals, bores[1:4], 1499, 8900},
	{"VLV", "gate valve", metals[:4], bores, 390, 3900},
	{"ELB", "compression elbow", metals[:3], bores, 89, 1250},
	{"TEE", "equal tee", metals[:3], bores, 119, 1490},
	{"PIP", "pipe clip", metals, bores, 15, 190},
	{"HNG", "butt hinge", metals, lengths[:3], 140, 990},
	{"HDL", "pull handle", metals, lengths, 290, 2900},
	{"KNB", "cupboard knob", metals, trio, 190, 1150},
	{"LCK", "mortice lock", metals[:5], trio, 990, 4200},
	{"HOK", "coat hook", metals, sets, 150, 2400},
	{"SCR", "wood screw, box of 200,", finishes, screws, 240, 1900},
	{"BLT", "hex bolt, box of 50,", finishes, screws, 390, 2900},
	{"NUT", "nylon lock nut, box of 100,", finishes, bores[:4], 290, 1700},
	{"BRK", "shelf bracket", metals, lengths, 190, 1990},
	{"SHF", "shelf board", timbers, lengths[3:], 690, 3400},
	{"DOW", "dowel", timbers, lengths, 35, 490},
	{"CHB", "chopping board", timbers, trio, 890, 3900},
	{"SPN", "serving spoon", timbers, sets, 190, 1990},
	{"BWL", "salad bowl", timbers, trio, 1290, 4900},
	{"MUG", "stoneware mug", glazes, sets, 490, 5400},
	{"JUG", "pouring jug", glazes, volumes[:4], 690, 2900},
	{"PLT", "dinner plate", glazes, sets, 590, 6500},
	{"VAS", "bud vase", glazes, trio, 390, 2200},
	{"POT", "plant pot", glazes, trio, 290, 2600},
	{"CDL", "candle", waxes, volumes[:3], 490, 2600},
	{"DIF", "reed diffuser", waxes, volumes[:2], 990, 2900},
	{"SOP", "bar soap", waxes, sets, 190, 1900},
	{"CUS", "cushion cover", patterns, trio, 790, 2400},
	{"TWL", "tea towel", patterns, sets, 350, 2900},
	{"APR", "apron", patterns, trio, 990, 2200},
	{"BAG", "lunch bag", patterns, trio, 450, 1290},
	{"TIN", "cake tin", patterns, sets[:3], 590, 2400},
	{"GFT", "gift wrap", patterns, sets, 95, 890},
	{"CRD", "birthday card", patterns, sets, 85, 790},
	{"BUN", "cotton bunting", patterns, trio, 490, 1490},
	{"PNT", "chalk paint", colours, volumes, 690, 5900},
	{"LMP", "table lamp", colours, trio, 2400, 8900},
	{"THR", "wool throw", colours, trio, 2900, 8900},
	{"DST", "door stop", colours, trio, 590, 1900},
	{"MAT", "coir door mat", colours, trio, 990, 3400},
	{"LGT", "fairy lights", colours, sets[:4], 590, 2900},
	{"WCN", "watering can", colours, volumes[2:], 990, 3400},
	{"TRW", "garden trowel", timbers, trio, 590, 1600},
	{"TWN", "garden twine", colours, trio, 190, 690},
	{"BRD", "bird feeder", metals, trio, 690, 2900},
	{"CLK", "wall clock", colours, trio, 1490, 5900},
	{"FRM", "picture frame", timbers, lengths[1:5], 490, 3400},
	{"MIR", "wall mirror", metals, trio, 1990, 8900},
	{"NTB", "notebook", patterns, sets[:4], 290, 1900},
	{"PEG", "clothes pegs", timbers, sets, 95, 690},
}
