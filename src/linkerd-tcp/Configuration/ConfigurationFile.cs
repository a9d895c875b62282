using System.Globalization;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Cli.Streams;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

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
            var problems = new ConfigurationProblems(file);
            problems.Error(null, string.Empty, $"it cannot be read ({error.InnerException?.Message ?? error.Message})");
            return new(file, null, problems, new Dictionary<string, TextPosition>(), new Dictionary<string, string>());
        }
    }

    /// <summary>Reads a stream, and checks everything but the files that it names.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The stream is that of a directory.</exception>
    public static ConfigurationReading Read(Stream stream, string file, ConfigurationTable table, Func<string, string?> variableOf)
    {
        var variables = new Variables(variableOf);
        var problems = new ConfigurationProblems(file, variables);
        var reader = new ModelReader(table, problems, new ValueReader(variables));
        try
        {
            var text = FileText.Read(stream);
            var configuration = reader.Read(JsonTree.IsJson(text) ? JsonTree.Parse(text) : YamlTree.Parse(text));
            if (reader.IsMapping)
            {
                Check(configuration, table, reader, problems);
            }

            return new(file, problems.HasErrors ? null : configuration, problems, reader.Positions, reader.Variables);
        }
        catch (ConfigurationSyntaxException error)
        {
            problems.Error(error.Position, string.Empty, error.Message);
            return new(file, null, problems, reader.Positions, reader.Variables);
        }
    }

    private static void Check(ProxyConfiguration configuration, ConfigurationTable table, ModelReader reader, ConfigurationProblems problems)
    {
        try
        {
            ConfigurationCheck.Validate(configuration, table);
        }
        catch (InvalidOptionsException invalid)
        {
            foreach (var error in invalid.Errors)
            {
                reader.AddError(error.Path, error.Message);
            }
        }

        if (problems.HasErrors)
        {
            return;
        }

        for (var i = 0; i < configuration.Routers.Count; i++)
        {
            CheckTargets(configuration.Routers[i], string.Create(CultureInfo.InvariantCulture, $"routers[{i}]"), reader);
        }
    }

    private static string? FindProblem(NameTree target, InterpreterConfiguration interpreter) =>
        interpreter is NamerdConfiguration && target.Names().Any(static name => name.StartsWith(KnownNamers.Groups))
            ? "addresses with commas are one set only where all names are bound here, and namerd binds these; expected a split of them: a:1 & b:2"
            : new TargetNaming(target, interpreter).Check();

    // A target that can never work is found now, not when the first client comes.
    private static void CheckTargets(RouterConfiguration router, string path, ModelReader reader)
    {
        var checkedTargets = new HashSet<NameTree>();
        for (var i = 0; i < router.Servers.Count; i++)
        {
            var server = router.Servers[i];
            var targets = server.SniRoutes.Select(static (route, index) => (Path: string.Create(CultureInfo.InvariantCulture, $"sniRoutes[{index}].dstName"), route.DstName!.Tree));
            foreach (var (key, tree) in server.DstName is null ? targets : targets.Prepend(("dstName", server.DstName)))
            {
                if (checkedTargets.Add(tree) && FindProblem(tree, router.Interpreter) is { } problem)
                {
                    reader.AddError(string.Create(CultureInfo.InvariantCulture, $"{path}.servers[{i}].{key}"), problem);
                }
            }
        }
    }
}
