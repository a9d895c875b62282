using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp;

/// <summary>Represents the options of a <see cref="TcpProxy"/>, which copies and validates them: later changes have no effect. <see cref="TcpProxy.ApplyAsync"/> changes them while it runs.</summary>
public sealed class TcpProxyOptions
{
    /// <summary>Gets or sets the listeners; at least one. Required.</summary>
    public required IReadOnlyList<ListenerOptions> Listeners { get; set; }

    /// <summary>
    /// Gets or sets the largest number of sessions at once, over all listeners; <see cref="ListenerOptions.MaxSessions"/> is that of one. While it is reached
    /// nothing is accepted, and clients wait in the kernel's backlog. Null, the default: (descriptor limit - 200) / 2, as each session takes two descriptors.
    /// </summary>
    public int? MaxSessions { get; set; }

    /// <summary>Gets or sets the options of the sessions' server connections, if <see cref="DestinationOptions.Connect"/> is null. Default: those of <see cref="ConnectOptions"/>.</summary>
    public ConnectOptions Connect { get; set; } = new();

    /// <summary>
    /// Gets or sets a value that indicates whether a client that sends its FIN while its session waits for a server connection is taken for gone, as with HAProxy's
    /// <c>option abortonclose</c>: its place is free at once, which matters if impatient clients pile up. Default: false, as the FIN may be
    /// a half-close (<c>echo query | nc</c>), whose sender waits for the answer. A client that resets the connection is gone either way.
    /// </summary>
    public bool AbortOnClose { get; set; }

    /// <summary>Gets or sets the limits of each session's copy. Default: those of <see cref="DuplexOptions"/>.</summary>
    public DuplexOptions Duplex { get; set; } = new();

    /// <summary>Gets or sets the settings of clients' connections, and of those to servers if <see cref="ConnectOptions.Tcp"/> is null; they include the
    /// window. Default: those of <see cref="TcpOptions"/>.</summary>
    public TcpOptions Tcp { get; set; } = new();

    internal TcpProxyOptions Copy()
    {
        var copy = (TcpProxyOptions)MemberwiseClone();
        copy.Listeners = Listeners is null ? null! : [.. Listeners.Select(static listener => listener?.Copy()!)];
        copy.Connect = Connect?.Copy()!;
        copy.Duplex = Duplex?.Copy()!;
        copy.Tcp = Tcp?.Copy()!;
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.Expect(Listeners is null or { Count: > 0 }, Listeners, "at least one listener");
        validator.Each(Listeners, static (listener, validator) => listener.Validate(validator));
        ValidateKeys(validator);
        validator.Range(MaxSessions, 1);
        validator.Nested(Connect, static (connect, validator) => connect.Validate(validator));
        validator.Nested(Duplex, static (duplex, validator) => duplex.Validate(validator));
        validator.Nested(Tcp, static (tcp, validator) => tcp.Validate(validator));
    }

    private void ValidateKeys(OptionsValidator validator)
    {
        var first = new Dictionary<string, int>();
        for (var i = 0; i < Listeners?.Count; i++)
        {
            if (Listeners[i]?.Key is { } key && !first.TryAdd(key, i))
            {
                validator.Add($"a key of its own was expected, not '{key}', which Listeners[{first[key]}] has.", $"Listeners[{i}].Key");
            }
        }
    }
}
