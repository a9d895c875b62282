using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents a kind of interpreters: its configuration, its rows in the table of options, and the function that creates its resolver. Immutable; any thread.</summary>
public abstract class InterpreterKind
{
    private protected InterpreterKind(string name, string help, IReadOnlyList<ConfigurationOption> options) => (Name, Help, Options) = (name, help, options);

    /// <summary>Gets the name, such as <c>io.l5d.namerd.http</c>.</summary>
    public string Name { get; }

    /// <summary>Gets a description of the kind in one line.</summary>
    public string Help { get; }

    /// <summary>Gets the options of the kind.</summary>
    public IReadOnlyList<ConfigurationOption> Options { get; }

    /// <summary>Creates a configuration of the kind, with the defaults.</summary>
    public abstract InterpreterConfiguration NewConfiguration();

    /// <summary>Creates the services that resolve names. No query is made before a name is watched.</summary>
    /// <param name="configuration">The configuration, of the class of this kind.</param>
    /// <param name="context">The targets, and the services of the process.</param>
    /// <exception cref="NameBindingException">A target can never be bound.</exception>
    /// <exception cref="InvalidOptionsException">The configuration is not valid.</exception>
    public abstract NamingServices Create(InterpreterConfiguration configuration, NamingContext context);

    /// <summary>Adds an error for every problem of a configuration as a whole.</summary>
    internal abstract void Validate(InterpreterConfiguration configuration, OptionsValidator validator);
}

/// <summary>Represents a kind of interpreters, with the class of its configuration.</summary>
/// <param name="name">The name.</param>
/// <param name="help">A description of the kind in one line.</param>
/// <param name="options">The options of the kind.</param>
/// <param name="make">Creates a configuration of the kind, with the defaults.</param>
/// <param name="create">Creates the services that resolve names; may throw <see cref="NameBindingException"/> and <see cref="InvalidOptionsException"/>.</param>
/// <param name="validate">Adds an error for every problem beyond the ranges of the options; null if there can be none.</param>
/// <typeparam name="T">The class of the configuration.</typeparam>
public sealed class InterpreterKind<T>(
    string name,
    string help,
    IReadOnlyList<ConfigurationOption> options,
    Func<T> make,
    Func<T, NamingContext, NamingServices> create,
    Action<T, OptionsValidator>? validate = null) : InterpreterKind(name, help, options)
    where T : InterpreterConfiguration
{
    /// <inheritdoc/>
    public override InterpreterConfiguration NewConfiguration() => make();

    /// <inheritdoc/>
    public override NamingServices Create(InterpreterConfiguration configuration, NamingContext context) => create((T)configuration, context);

    internal override void Validate(InterpreterConfiguration configuration, OptionsValidator validator)
    {
        Ranges(configuration, validator);
        if (configuration is LocalInterpreterConfiguration { Namers: var namers })
        {
            validator.Each(namers, Ranges, "namers");
        }

        validate?.Invoke((T)configuration, validator);
    }

    private void Ranges(object model, OptionsValidator validator)
    {
        foreach (var option in Options.Where(option => option.ModelType == model.GetType()))
        {
            option.Validate(model, validator);
        }
    }
}
