/// Texts that are cut where a service takes no longer ones, as Alertmanager cuts them.
enum Truncation {
    static let marker = "…"

    /// At most so many characters of Unicode, a marker among them.
    static func characters(_ text: String, _ count: Int) -> String {
        let scalars = text.unicodeScalars
        guard scalars.count > count else { return text }
        return count <= 3 ? String(scalars.prefix(count)) : String(scalars.prefix(count - 1)) + marker
    }

    /// At most so many bytes of UTF-8, a marker among them; no character is cut in two.
    static func bytes(_ text: String, _ count: Int) -> String {
        guard text.utf8.count > count else { return text }
        guard count > 3 else { return count == 3 ? marker : String(repeating: ".", count: max(0, count)) }
        var room = count - 3
        var kept = ""
        for scalar in text.unicodeScalars {
            room -= UTF8.width(scalar)
            if room < 0 { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept + marker
    }
}
