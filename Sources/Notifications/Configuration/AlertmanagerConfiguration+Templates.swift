public import ConfigFile
internal import Foundation
internal import GoTemplate

extension AlertmanagerConfiguration {
    /// Reads the files with templates as they are now, and says whether they are templates.
    ///
    /// - Throws: ``ConfigError`` that names the file.
    public func checkTemplates() throws(ConfigError) { _ = try loadTemplates() }

    /// The files that ``templatePaths`` stand for now, sorted for each pattern.
    public var templateFiles: [String] { templatePaths.flatMap { PathPattern($0).matchingPaths() } }

    /// Perch's templates and those of the files. A pattern without files is no fault, as in Alertmanager.
    func loadTemplates() throws(ConfigError) -> NotificationTemplates {
        var templates: NotificationTemplates
        do throws(TemplateError) {
            templates = try NotificationTemplates { SystemTimeZones.zone($0) }
        } catch {
            preconditionFailure("BUG: the default templates cannot be read: \(error)")
        }
        for path in templateFiles {
            guard let data = try? Data(contentsOf: URL(filePath: path)) else {
                throw ConfigError(file: path, line: 1, column: 1, message: "the file cannot be read")
            }
            let text = String(decoding: data, as: UTF8.self)
            do throws(TemplateError) {
                try templates.add(text, file: path)
            } catch {
                let before = text.utf8.prefix(error.offset)
                let line = before.count { $0 == UInt8(ascii: "\n") } + 1
                let column =
                    before.count
                    - (before.lastIndex(of: UInt8(ascii: "\n")).map { before.distance(from: before.startIndex, to: $0) + 1 } ?? 0)
                throw ConfigError(file: path, line: line, column: column + 1, message: error.message)
            }
        }
        return templates
    }
}
