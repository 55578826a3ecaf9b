public import ConfigFile
public import Foundation
internal import OutboundHTTP
internal import Scraping
internal import TargetDiscovery

extension CollectorConfiguration {
    /// Reads a configuration file and the files with scrape jobs that it names.
    ///
    /// - Parameters:
    ///   - path: the file; relative paths in it are taken from its folder.
    ///   - environment: the variables that `external_labels` may refer to.
    /// - Throws: `ConfigError` with the place of the fault, and with further ones where several were found.
    public static func load(
        path: String,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ConfigError) -> CollectorConfiguration {
        try parse(try readText(path), file: path, environment: environment)
    }

    /// Reads a configuration from text.
    ///
    /// - Parameters:
    ///   - text: the YAML document.
    ///   - file: the name that errors carry; relative paths are taken from its folder.
    ///   - environment: the variables that `external_labels` may refer to.
    /// - Throws: `ConfigError` with the place of the fault, and with further ones where several were found.
    public static func parse(
        _ text: String,
        file: String,
        environment: [String: String] = [:]
    ) throws(ConfigError) -> CollectorConfiguration {
        let document = try ConfigDocument(parsing: text, file: file)
        let notes = ConfigurationNotes()
        let reader = ConfigurationReader(file: file, environment: environment, notes: notes)
        var configuration = CollectorConfiguration()
        do throws(ConfigError) {
            try reader.readDocument(document.root, into: &configuration)
        } catch {
            notes.errors.append(error)
        }
        if let error = ConfigError.joining(notes.errors) { throw error }
        configuration.warnings = notes.warnings
        return configuration
    }

    /// Checks what is outside the file: rule files named without a pattern exist, target files that exist can be read, and so can the files
    /// that hold secrets, certificates and keys.
    ///
    /// - Returns: one line for each fault; none where all is well.
    public func checkReferencedFiles() -> [String] {
        var faults: [String] = []
        for pattern in ruleFiles + logRuleFiles where pattern.isPlain && FileSignature(path: pattern.text) == nil {
            faults.append("\(pattern.text): this rule file does not exist")
        }
        for path in receivers.agents.referencedFiles where !FileManager.default.isReadableFile(atPath: path) {
            faults.append("\(path): needed by a receiver and cannot be read")
        }
        for path in remoteWrites.flatMap(\.client.referencedFiles) where !FileManager.default.isReadableFile(atPath: path) {
            faults.append("\(path): needed by remote_write and cannot be read")
        }
        for configuration in scrapeJobs {
            for path in configuration.clientFiles where !FileManager.default.isReadableFile(atPath: path) {
                faults.append("\(path): needed by job \"\(configuration.job.name)\" and cannot be read")
            }
            for path in configuration.mechanisms.kubernetes.flatMap(\.referencedFiles)
            where !FileManager.default.isReadableFile(atPath: path) {
                faults.append("\(path): needed by discovery of job \"\(configuration.job.name)\" and cannot be read")
            }
            faults += configuration.mechanisms.kubernetes.filter {
                $0.referencedFiles.allSatisfy { FileManager.default.isReadableFile(atPath: $0) }
            }
            .compactMap { $0.kubeconfigFault() }
            for path in configuration.mechanisms.targetFiles.flatMap(\.patterns).flatMap({ PathPattern($0).matchingPaths() }) {
                do throws(ConfigError) {
                    _ = try TargetFile.parse(try Self.readText(path), path: path)
                } catch {
                    faults.append(error.description)
                }
            }
        }
        return faults
    }

    /// Reads a text file of moderate size.
    static func readText(_ path: String) throws(ConfigError) -> String {
        let fileBytesMax = 64 << 20
        func fault(_ message: String) -> ConfigError { ConfigError(file: path, line: 1, column: 1, message: message) }
        guard FileManager.default.fileExists(atPath: path) else { throw fault("there is no such file") }
        let content: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            content = try handle.read(upToCount: fileBytesMax + 1) ?? Data()
            try handle.close()
        } catch {
            throw fault("cannot be read: \(error.localizedDescription)")
        }
        if content.count > fileBytesMax { throw fault("larger than \(fileBytesMax >> 20) MiB") }
        guard let text = String(validating: content, as: UTF8.self) else { throw fault("not UTF-8 text") }
        return text
    }
}
