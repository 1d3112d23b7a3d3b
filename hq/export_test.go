package hq

// RoutesForTest lists the routes as "METHOD path", so that a test can ask each.
func (s *Server) RoutesForTest() []string {
	var out []string
	for _, rt := range s.routes() {
		out = append(out, rt.Method+" "+rt.Path)
	}
	return out
}
