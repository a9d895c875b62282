using System.Globalization;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Cli.Streams;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Namerd;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Configuration;

/// <summary>Reads configuration files: YAML, or JSON if the first character is a brace.</summary>
internal static class ConfigurationFile
{
    /// <summary>The path that stands for the standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>Reads a file, and checks everything but the files that it names.</summary>
    /// <param name="file">The path; <c>-</c> for the standard input, which can be read once.</param>
    /// <param name="table">The table of options.</param>
    /// <param name="variableOf">Gets the value of an environment variable; null if it is not set.</param>
    public static ConfigurationReading Read(string file, ConfigurationTable table, Func<string, string?> variableOf)
    {
        try
        {
            using var stream = file == StandardInput ? StandardStreams.OpenInputStream() : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Read(stream, file, table, variableOf);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return ConfigurationReading.Failed(file, null, $"it cannot be read ({error.InnerException?.Message ?? error.Message})");
        }
    }

    /// <summary>Reads a stream, and checks everything but the files that it names.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The stream is that of a directory.</exception>
    public static ConfigurationReading Read(Stream stream, string file, ConfigurationTable table, Func<string, string?> variableOf)
    {
        try
        {
            var text = FileText.Read(stream);
            var root = JsonTree.IsJson(text) ? JsonTree.Parse(text) : YamlTree.Parse(text);
            return ConfigurationReading.Read(root, file, table, variableOf, FindTargetProblems);
        }
        catch (ConfigurationSyntaxException error)
        {
            return ConfigurationReading.Failed(file, error.Position, error.Message);
        }
    }

    private static string? FindProblem(NameTree target, InterpreterConfiguration interpreter) =>
        interpreter is NamerdConfiguration && target.Names().Any(static name => name.StartsWith(KnownNamers.Groups))
            ? "addresses with commas are one set only where all names are bound here, and namerd binds these; expected a split of them: a:1 & b:2"
            : new TargetNaming(target, interpreter).Check();

    // A target that can never work is found now, not when the first client comes.
    private static IEnumerable<(string Path, string Message)> FindTargetProblems(ProxyConfiguration configuration)
    {
        for (var i = 0; i < configuration.Routers.Count; i++)
        {
            var router = configuration.Routers[i];
            var checkedTargets = new HashSet<NameTree>();
            for (var j = 0; j < router.Servers.Count; j++)
            {
                var server = router.Servers[j];
                var targets = server.SniRoutes.Select(static (route, index) => (Path: string.Create(CultureInfo.InvariantCulture, $"sniRoutes[{index}].dstName"), route.DstName!.Tree));
                foreach (var (key, tree) in server.DstName is null ? targets : targets.Prepend(("dstName", server.DstName)))
                {
                    if (checkedTargets.Add(tree) && FindProblem(tree, router.Interpreter) is { } problem)
                    {
                        yield return (string.Create(CultureInfo.InvariantCulture, $"routers[{i}].servers[{j}].{key}"), problem);
                    }
                }
            }
        }
    }
}
