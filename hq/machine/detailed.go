package machine

// DetailCommands is what Build.Commands has to be of every server before a PutDetailed is given.
const DetailCommands = int(kindPutDetailed)

// A PutDetailed is a PutItems of items that have a detail: a server of an older build would keep them without.
// Orders and receipts name packs and kits only after such a command, so every server keeps what they say of these.
type PutDetailed struct{ PutItems }

func (*PutDetailed) kind() kind { return kindPutDetailed }
