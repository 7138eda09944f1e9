"""What is on the wire, held against schemas: those that SignalWire publishes, and our own."""
