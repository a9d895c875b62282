namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Represents the shape of a part of the model in a file: the keys of its options, and the parts below it. Files are read and printed by it, and the schema and the reference page come from it.
/// Immutable; any thread.
/// </summary>
public sealed class ConfigurationPart
{
    private readonly Func<object, object> _settings;

    internal ConfigurationPart(string title, IEnumerable<ConfigurationOption> options, IReadOnlyList<ConfigurationChild> children, Func<object, object>? settings = null)
    {
        Title = title;
        Rows = [.. options];
        Options = [.. Rows.Where(static option => option.Key is not null)];
        Children = children;
        _settings = settings ?? (static part => part);
    }

    /// <summary>Gets the title of the part on the reference page.</summary>
    public string Title { get; }

    /// <summary>Gets the value of the key <c>kind</c>, which distinguishes it from other parts in its place; null if there are no others.</summary>
    public string? Kind { get; internal init; }

    /// <summary>Gets a description in one line or more; null if the title is enough.</summary>
    public string? Help { get; internal init; }

    /// <summary>Gets the options that have a key. Dots in a key are mappings in a file.</summary>
    public IReadOnlyList<ConfigurationOption> Options { get; }

    /// <summary>Gets the parts below it.</summary>
    public IReadOnlyList<ConfigurationChild> Children { get; }

    /// <summary>Gets a value that indicates whether options without a value have that of another part, and not their default.</summary>
    public bool IsOverride { get; internal init; }

    /// <summary>Gets the options, and those of the same part of the model that only the command line has.</summary>
    internal IReadOnlyList<ConfigurationOption> Rows { get; }

    /// <summary>Gets the object that the options read and write.</summary>
    /// <param name="part">The object of the part.</param>
    public object SettingsOf(object part) => _settings(part);
}
