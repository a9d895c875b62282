using System.Text;
using Linkerd.Tcp.Cli.Configuration;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Fuzz;

/// <summary>Checks the reader of configuration files: an input is a file or, after a byte 1, the choices of a generated tree, which is read as JSON and as YAML.</summary>
internal static class ConfigurationChecks
{
    private const byte TreeMark = 1;

    /// <summary>Parts of files. Options of directories and files are left out, which the reader would look for.</summary>
    public static IReadOnlyList<string> Tokens { get; } =
    [
        "\n", "\n  ", "\n- ", "\n  - ", ": ", ":", "- ", "? ", "{", "}", "[", "]", ",", "\"", "'", "|\n", ">-\n", "#", "&a ", "*a", "<<: *a", "!!str ", "!x ", "---\n", "...\n", "%YAML 1.1\n", "\t", "\ufeff", "\0", "~", "null", "\\u0000",
        "\\ud800", "\\", "on", "yes", "off", "true", "010", "0x1F", "1:30", "1e3", "1_000", "99999999999999999999", "-1", ".5", "${P}", "${P:-80}", "${NOPE}", "$${", "${", "}", "routers", "servers", "interpreter", "client", "kind", "label", "port",
        "dstName", "/svc/web", "127.0.0.1:80", "configs", "tls", "defaultIdentity", "identities", "certs", "sniRoutes", "proxies", "namerd", "admin", "graceSecs", "failFast", "io.l5d.static", "io.l5d.namerd.http", "default", "é", "\u2028",
        "routers:\n- servers:\n  - {port: 1, dstName: /svc/a}\n", "[[[[[[[[[[[[[[[[", "{a: {a: {a: {a: {a: ",
    ];

    public static void Check(byte[] input)
    {
        if (input is [TreeMark, .. var choices])
        {
            CheckTree(choices);
            return;
        }

        Check(Read(input), Encoding.UTF8.GetString(input));
    }

    // What JSON and YAML have in common is read as the same.
    private static void CheckTree(byte[] choices)
    {
        var json = new ConfigurationTreeMaker(choices).Make();
        var (asJson, asYaml) = (Read(Encoding.UTF8.GetBytes("    " + json)), Read(Encoding.UTF8.GetBytes("--- " + json)));
        Check(asJson, "    " + json);
        Check(asYaml, "--- " + json);
        Expect(Messages(asJson).SequenceEqual(Messages(asYaml)), $"JSON and YAML differ: {string.Join(" | ", Messages(asJson))} and {string.Join(" | ", Messages(asYaml))}");
    }

    private static IEnumerable<string> Messages(ConfigurationReading reading) => reading.Errors.Concat(reading.Warnings).Select(static problem => $"{problem.Path}: {problem.Message}").Order(StringComparer.Ordinal);

    private static void Check(ConfigurationReading reading, string text)
    {
        Expect(reading.Configuration is null == reading.Errors.Count > 0, "neither a configuration nor an error, or both");
        var lines = text.Count(static c => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029') + 1;
        foreach (var problem in reading.Errors.Concat(reading.Warnings))
        {
            var printed = problem.ToString();
            Expect(printed.StartsWith("file", StringComparison.Ordinal) && !printed.Any(char.IsControl), "a problem that is not one line");
            Expect(problem.Message.Length is > 0 and < 2000, "a message of nothing, or of everything");
            Expect(problem.Position is not { } position || (position.Line > 0 && position.Line <= lines + 1 && position.Column > 0 && position.Column <= text.Length + 1), $"a place outside of the file: {printed}");
        }
    }

    private static ConfigurationReading Read(byte[] file) => ConfigurationFile.Read(new MemoryStream(file), "file", KnownKinds.Table, static name => name == "P" ? "8080" : null);

    private static void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new FuzzException(otherwise);
        }
    }
}
