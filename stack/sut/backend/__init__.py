"""The parts of the SUT backend. app.py puts them together."""
