internal import CivilCalendar
internal import TelemetryModel

/// A time in UTC as answers have it, with a fraction only where there is one: `2026-11-22T23:05:24.5Z`.
func timeText(_ time: Timestamp) -> String { RFC3339.text(CivilTime(milliseconds: time)) }
