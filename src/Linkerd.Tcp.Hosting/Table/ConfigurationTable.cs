using Linkerd.Tcp.Hosting.Options;
using Linkerd.Tcp.Hosting.Table;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the table of all options: those of this package, and those of the registered kinds. Immutable; any thread.</summary>
public sealed class ConfigurationTable
{
    /// <summary>Initializes the table.</summary>
    /// <param name="interpreters">The kinds of interpreters, whose options are part of it.</param>
    public ConfigurationTable(InterpreterKinds interpreters)
    {
        ArgumentNullException.ThrowIfNull(interpreters);
        Interpreters = interpreters;
        Options =
        [
            .. AddressOptions.All,
            .. interpreters.All.SelectMany(static kind => kind.Options).Distinct(),
            .. RouterOptions.All,
            .. SessionOptions.All,
            .. ClientAddressOptions.All,
            .. TlsOptions.All,
            .. ClientOptions.All,
            .. ProcessOptions.All,
            .. AccessLogOptions.All,
            .. AdminOptions.All,
        ];
        Root = ConfigurationParts.Of(this);
        Destination = ConfigurationParts.Destination(this);
    }

    /// <summary>Gets the kinds of interpreters.</summary>
    public InterpreterKinds Interpreters { get; }

    /// <summary>Gets all options in the order of help texts.</summary>
    public IReadOnlyList<ConfigurationOption> Options { get; }

    /// <summary>Gets the shape of a file: the keys of the process, and all parts below it.</summary>
    public ConfigurationPart Root { get; }

    /// <summary>Gets the shape of a destination without a listener.</summary>
    internal ConfigurationPart Destination { get; }

    /// <summary>Gets the options of one part of the model.</summary>
    public IEnumerable<ConfigurationOption> Of(Type modelType) => Options.Where(option => option.ModelType == modelType);

    /// <summary>Adds an error for each value that is out of range in one part of the model.</summary>
    internal void Validate(object model, OptionsValidator validator)
    {
        foreach (var option in Of(model.GetType()))
        {
            option.Validate(model, validator);
        }
    }
}
