namespace Linkerd.Tcp.Hosting;

/// <summary>Specifies the number of parts that a child stands for in a file.</summary>
public enum ConfigurationForm
{
    /// <summary>A mapping.</summary>
    One,

    /// <summary>A sequence of mappings.</summary>
    List,

    /// <summary>A mapping of names to mappings.</summary>
    Map,
}

/// <summary>Represents a key of a part under which there are other parts. Immutable; any thread, but a model is for one thread at a time.</summary>
public abstract class ConfigurationChild
{
    private protected ConfigurationChild(string key, ConfigurationForm form, IReadOnlyList<ConfigurationPart> parts) => (Key, Form, Parts) = (key, form, parts);

    /// <summary>Gets the key.</summary>
    public string Key { get; }

    /// <summary>Gets the form.</summary>
    public ConfigurationForm Form { get; }

    /// <summary>Gets the shapes of the parts: one, or one for each kind.</summary>
    public IReadOnlyList<ConfigurationPart> Parts { get; }

    /// <summary>Gets the kind of a part in whose mapping the key <c>kind</c> is missing; null if it must be there, or there are no kinds.</summary>
    public string? DefaultKind { get; internal init; }

    /// <summary>Gets a value that indicates whether the parent must have the key.</summary>
    public bool IsRequired { get; internal init; }

    /// <summary>Gets the parts that a parent has, in the order of the file.</summary>
    /// <param name="parent">The object of the parent.</param>
    public abstract IEnumerable<ConfigurationEntry> Get(object parent);

    /// <summary>Adds a part to a parent, with the defaults; a single one replaces the default of the parent.</summary>
    /// <param name="parent">The object of the parent.</param>
    /// <param name="shape">One of <see cref="Parts"/>.</param>
    /// <param name="name">The name, if the form is <see cref="ConfigurationForm.Map"/>; otherwise without effect.</param>
    /// <returns>The object of the part.</returns>
    public abstract object Add(object parent, ConfigurationPart shape, string name);
}

/// <summary>Represents a part of a model under a key of another.</summary>
/// <param name="shape">The shape of the part.</param>
/// <param name="part">The object of the part.</param>
/// <param name="name">The name, if there are names; otherwise empty.</param>
public sealed class ConfigurationEntry(ConfigurationPart shape, object part, string name = "")
{
    /// <summary>Gets the shape of the part.</summary>
    public ConfigurationPart Shape => shape;

    /// <summary>Gets the object of the part.</summary>
    public object Part => part;

    /// <summary>Gets the name, if there are names; otherwise an empty text.</summary>
    public string Name => name;
}

/// <summary>Represents a key under which there are parts of one type.</summary>
/// <param name="key">The key.</param>
/// <param name="form">The form.</param>
/// <param name="parts">The shapes of the parts.</param>
/// <param name="get">Gets the parts of a parent.</param>
/// <param name="add">Adds a part to a parent.</param>
internal sealed class ConfigurationChild<TParent>(
    string key,
    ConfigurationForm form,
    IReadOnlyList<ConfigurationPart> parts,
    Func<TParent, IEnumerable<ConfigurationEntry>> get,
    Func<TParent, ConfigurationPart, string, object> add) : ConfigurationChild(key, form, parts)
    where TParent : class
{
    public override IEnumerable<ConfigurationEntry> Get(object parent) => get((TParent)parent);

    public override object Add(object parent, ConfigurationPart shape, string name) => add((TParent)parent, shape, name);
}
