internal import ConfigFile
internal import Foundation
internal import Rules

/// Rule files and tests of rules, as they are named on the command line.
enum RuleFileInput {
    /// The name under which standard input is told of.
    static let standardInput = "-"

    /// The files that arguments stand for: themselves, or what their patterns match.
    ///
    /// - Throws: ``ClientError`` where a pattern matches nothing.
    static func paths(_ arguments: [String]) throws(ClientError) -> [String] {
        var paths: [String] = []
        for argument in arguments {
            let pattern = PathPattern(argument)
            if pattern.isPlain || FileManager.default.fileExists(atPath: argument) {
                paths.append(argument)
                continue
            }
            let found = pattern.matchingPaths()
            if found.isEmpty { throw ClientError("no file matches \(argument)") }
            paths += found
        }
        return paths
    }

    /// The text of a file.
    static func text(of path: String) throws(ConfigError) -> String {
        let data: Data
        do {
            data =
                path == standardInput
                ? try FileHandle.standardInput.readToEnd() ?? Data() : try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw ConfigError(file: path, line: 1, column: 1, message: "cannot be read: \(reason(error, path))")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ConfigError(file: path, line: 1, column: 1, message: "is not UTF-8")
        }
        return text
    }

    /// Rule files, read and checked; a file that is named twice is read once.
    ///
    /// - Returns: the good files, and what is wrong with the others.
    static func ruleFiles(_ paths: [String], _ options: RuleFileOptions) -> (files: [RuleFile], faults: [ConfigError]) {
        var files: [RuleFile] = []
        var faults: [ConfigError] = []
        var known: Set<String> = []
        for path in paths where known.insert(path).inserted {
            do throws(ConfigError) {
                files.append(try RuleFile.parse(try text(of: path), file: path, options: options))
            } catch {
                faults += error.all
            }
        }
        return (files, faults)
    }

    /// The groups of files that have to be right.
    ///
    /// - Throws: ``ClientError`` with the first fault, after all others were told.
    static func groups(_ arguments: [String], _ options: RuleFileOptions, _ output: CommandOutput) throws(ClientError) -> [RuleGroup] {
        let read = ruleFiles(try paths(arguments), options)
        if let first = read.faults.first {
            for fault in read.faults.dropFirst() { output.remark("error: " + fault.description) }
            throw .usage(first.description)
        }
        return read.files.flatMap(\.groups)
    }

    /// A path as it is written in a file of some folder.
    static func path(_ path: String, besides file: String) -> String {
        if path.hasPrefix("/") || path.isEmpty { return path }
        guard let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }

    /// Why a file cannot be read, in the words of the system.
    private static func reason(_ error: any Error, _ path: String) -> String {
        if access(path, R_OK) != 0 { return String(cString: strerror(errno)) }
        return (error as NSError).localizedDescription
    }
}
