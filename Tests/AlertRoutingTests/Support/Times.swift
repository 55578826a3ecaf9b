internal import CivilCalendar
internal import TelemetryModel

/// A moment as RFC 3339 writes it, in milliseconds.
func rfc3339(_ text: String) -> Timestamp? { RFC3339.parse(text)?.millisecondsSince1970 }
