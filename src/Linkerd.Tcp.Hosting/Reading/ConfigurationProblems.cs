using System.Globalization;

namespace Linkerd.Tcp.Hosting.Reading;

/// <summary>Collects the problems of one file. Their messages have no secrets.</summary>
/// <param name="file">The path of the file; <c>-</c> for the standard input.</param>
/// <param name="variables">The variables of the file, whose values may be secrets; null if there are none.</param>
internal sealed class ConfigurationProblems(string file, Variables? variables = null)
{
    private const int MostErrors = 100;

    private readonly List<ConfigurationProblem> _errors = [];
    private readonly List<ConfigurationProblem> _warnings = [];
    private int _count;

    /// <summary>True if there are errors.</summary>
    public bool HasErrors => _count > 0;

    /// <summary>The errors in the order of the file, at most 100 of them; then a line counts the others.</summary>
    public IReadOnlyList<ConfigurationProblem> Errors =>
    [
        .. InOrder(_errors),
        .. _count > _errors.Count ? [new ConfigurationProblem(file, null, string.Empty, string.Create(CultureInfo.InvariantCulture, $"{_count - _errors.Count} further errors are not listed"))] : (ConfigurationProblem[])[],
    ];

    /// <summary>The warnings in the order of the file.</summary>
    public IReadOnlyList<ConfigurationProblem> Warnings => [.. InOrder(_warnings)];

    /// <summary>Adds an error.</summary>
    /// <param name="position">The place; null if it is about the whole file.</param>
    /// <param name="path">The path of the key; empty if there is none.</param>
    /// <param name="message">The problem and the expected value.</param>
    public void Error(TextPosition? position, string path, string message) => Add(_errors, ref _count, position, path, message);

    /// <summary>Adds a warning.</summary>
    public void Warn(TextPosition? position, string path, string message)
    {
        var count = _warnings.Count;
        Add(_warnings, ref count, position, path, message);
    }

    /// <summary>Creates a problem, which is not added.</summary>
    public ConfigurationProblem Make(TextPosition? position, string path, string message) => new(file, position is { Line: > 0 } ? position : null, path, SecretText.Hide(variables?.Hide(message) ?? message));

    private static IEnumerable<ConfigurationProblem> InOrder(List<ConfigurationProblem> problems) =>
        problems.OrderBy(static problem => problem.Position?.Line ?? 0).ThenBy(static problem => problem.Position?.Column ?? 0);

    private void Add(List<ConfigurationProblem> problems, ref int count, TextPosition? position, string path, string message)
    {
        count++;
        if (problems.Count < MostErrors)
        {
            problems.Add(Make(position, path, message));
        }
    }
}
