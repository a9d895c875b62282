using System.Globalization;
using Linkerd.Tcp.Hosting.Reading;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the result of reading a configuration: a configuration, or errors. Immutable; any thread.</summary>
public sealed class ConfigurationReading
{
    private readonly ConfigurationProblems _problems;
    private readonly IReadOnlyDictionary<string, TextPosition> _positions;
    private readonly IReadOnlyDictionary<string, string> _variables;

    private ConfigurationReading(
        string file, ProxyConfiguration? configuration, ConfigurationProblems problems, IReadOnlyDictionary<string, TextPosition> positions, IReadOnlyDictionary<string, string> variables)
    {
        (File, Configuration, _problems, _positions, _variables) = (file, configuration, problems, positions, variables);
        (Errors, Warnings) = (problems.Errors, problems.Warnings);
    }

    /// <summary>Gets the name of the source: the path of the file, or <c>-</c> for the standard input.</summary>
    public string File { get; }

    /// <summary>Gets the configuration, which is valid; null if there are errors.</summary>
    public ProxyConfiguration? Configuration { get; }

    /// <summary>Gets the errors, in the order of the source.</summary>
    public IReadOnlyList<ConfigurationProblem> Errors { get; }

    /// <summary>Gets the warnings, in the order of the source.</summary>
    public IReadOnlyList<ConfigurationProblem> Warnings { get; }

    /// <summary>Reads a configuration, and checks everything but the files that it names.</summary>
    /// <param name="root">The values of the source.</param>
    /// <param name="file">The name of the source, for messages.</param>
    /// <param name="table">The table of options.</param>
    /// <param name="variableOf">Gets the value of an environment variable; null if it is not set.</param>
    /// <param name="check">Finds further errors of a configuration that is valid otherwise, each with the path of its key. Default: none.</param>
    public static ConfigurationReading Read(
        ConfigurationNode root,
        string file,
        ConfigurationTable table,
        Func<string, string?> variableOf,
        Func<ProxyConfiguration, IEnumerable<(string Path, string Message)>>? check = null)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(variableOf);
        var configuration = new ProxyConfiguration();
        var (reader, problems) = ReadInto(root, table.Root, configuration, () => ConfigurationCheck.Validate(configuration, table), file, variableOf);
        if (!problems.HasErrors)
        {
            foreach (var (path, message) in check?.Invoke(configuration) ?? [])
            {
                reader.AddError(path, message);
            }
        }

        return new(file, problems.HasErrors ? null : configuration, problems, reader.Positions, reader.Variables);
    }

    /// <summary>Creates the result for a source that cannot be read.</summary>
    /// <param name="file">The name of the source, for the message.</param>
    /// <param name="position">The place; null if it is about the whole source.</param>
    /// <param name="message">The problem and the expected value.</param>
    public static ConfigurationReading Failed(string file, TextPosition? position, string message)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(message);
        var problems = new ConfigurationProblems(file);
        problems.Error(position, string.Empty, message);
        return new(file, null, problems, new Dictionary<string, TextPosition>(), new Dictionary<string, string>());
    }

    /// <summary>Gets the place of an option in a file, such as <c>routers[].servers[].port</c>: that of its key, or of its part if it has none.</summary>
    /// <param name="table">The table of options.</param>
    /// <param name="option">The option.</param>
    public static string PlaceOf(ConfigurationTable table, ConfigurationOption option)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(option);
        return KeyAdvisor.Of(table.Root).PlaceOf(option);
    }

    /// <summary>Gets the origins of values, by their path: <c>linkerd.yml:7</c>, or also <c>linkerd.yml:7, environment NAME</c>.</summary>
    public IReadOnlyDictionary<string, string> Origins() => _positions.ToDictionary(
        static place => place.Key,
        place => string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(File)}:{place.Value.Line}") + (_variables.TryGetValue(place.Key, out var names) ? $", environment {names}" : string.Empty));

    /// <summary>Returns true if the source has a key, such as <c>admin</c> or <c>routers[0].client</c>.</summary>
    /// <param name="path">The path of the key.</param>
    public bool Has(string path) => _positions.ContainsKey(path);

    /// <summary>Creates a problem of a part of the configuration that is found later, such as a file of a certificate that cannot be used.</summary>
    /// <param name="path">The path of the key, such as <c>routers[0].servers[0].tls.trustCerts</c>.</param>
    /// <param name="message">The problem and the expected value.</param>
    public ConfigurationProblem ProblemAt(string path, string message) => _problems.Make(PositionOf(_positions, path), path, message);

    /// <summary>Reads the values of a source into a model, and checks it.</summary>
    /// <param name="root">The values of the source.</param>
    /// <param name="shape">The shape of the model.</param>
    /// <param name="model">The model, with the defaults.</param>
    /// <param name="validate">Checks the model as a whole; may throw <see cref="InvalidOptionsException"/>.</param>
    /// <param name="file">The name of the source, for messages.</param>
    /// <param name="variableOf">Gets the value of an environment variable; null if it is not set.</param>
    internal static (ModelReader Reader, ConfigurationProblems Problems) ReadInto(
        ConfigurationNode root, ConfigurationPart shape, object model, Action validate, string file, Func<string, string?> variableOf)
    {
        var variables = new Variables(variableOf);
        var problems = new ConfigurationProblems(file, variables);
        var reader = new ModelReader(shape, problems, new ValueReader(variables));
        reader.Read(root, model);
        if (reader.IsMapping)
        {
            try
            {
                validate();
            }
            catch (InvalidOptionsException invalid)
            {
                foreach (var error in invalid.Errors)
                {
                    reader.AddError(error.Path, error.Message);
                }
            }
        }

        return (reader, problems);
    }

    /// <summary>Finds the place of a key, or else of the nearest part around it; null if there is none.</summary>
    internal static TextPosition? PositionOf(IReadOnlyDictionary<string, TextPosition> positions, string path)
    {
        for (var end = path.Length; end > 0; end = path.AsSpan(0, end).LastIndexOfAny('.', '['))
        {
            if (positions.TryGetValue(path[..end], out var position))
            {
                return position;
            }
        }

        return positions.TryGetValue(string.Empty, out var root) ? root : null;
    }
}
