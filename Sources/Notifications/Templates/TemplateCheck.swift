internal import GoTemplate

/// Whether texts of the configuration are templates.
enum TemplateCheck {
    private static let functions = NotificationFunctions.table { _ in .utc }

    /// What is wrong with a text; nil where it is a template. Shows no more of it than Go's messages do.
    static func fault(_ text: String) -> String? {
        guard text.contains("{{") else { return nil }
        var set = TemplateSet(functions: functions)
        do throws(TemplateError) {
            try set.add(text, name: "")
            return nil
        } catch {
            return error.message
        }
    }
}
