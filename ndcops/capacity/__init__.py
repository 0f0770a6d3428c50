"""Room, loss of a centre, forecast and purchase."""
