using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Security.Native;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;

namespace Linkerd.Tcp.Security.Providers;

/// <summary>Represents the library that runs TLS by the choice of some options. An option that it lacks is an error, and never ignored. Immutable.</summary>
/// <param name="IsOpenSsl">True for OpenSSL, which has all options; false for SslStream, which lacks those that need OpenSSL.</param>
/// <param name="Problem">The reason why OpenSSL is not in use, or cannot be; null if it can. Without a full stop.</param>
internal sealed record TlsProvider(bool IsOpenSsl, string? Problem)
{
    // The name of the option that has the choice.
    private const string Choice = "Provider";

    /// <summary>Gets SslStream, for code that runs it whatever the options are.</summary>
    public static TlsProvider SslStream { get; } = new(IsOpenSsl: false, "these handshakes are those of SslStream");

    /// <summary>Gets the provider of a choice.</summary>
    public static TlsProvider Of(TlsProviderKind kind) => Of(kind, kind != TlsProviderKind.DotNet && !LibSslLoader.TryLoad(out var problem) ? problem : null);

    /// <summary>Gets the provider of a choice.</summary>
    /// <param name="kind">The choice.</param>
    /// <param name="problem">The reason why libssl cannot be used; null if it can.</param>
    public static TlsProvider Of(TlsProviderKind kind, string? problem) => kind switch
    {
        TlsProviderKind.DotNet => new(IsOpenSsl: false, "Provider is DotNet"),
        TlsProviderKind.OpenSsl => new(IsOpenSsl: true, problem),
        _ => new(problem is null, problem is null ? null : $"libssl cannot be used: {problem}"),
    };

    /// <summary>Adds an error if the provider cannot be used, and one for each option that it lacks.</summary>
    /// <param name="validator">Collects the errors.</param>
    /// <param name="options">The paths of the options in use that need OpenSSL.</param>
    public void Validate(OptionsValidator validator, IEnumerable<string> options)
    {
        if (!IsOpenSsl)
        {
            Refuse(validator, options, "the OpenSSL provider", Problem!);
        }
        else if (Problem is not null)
        {
            validator.Add($"libssl cannot be used: {Problem}. A system with OpenSSL 3, Auto or DotNet was expected.", Choice);
        }
    }

    /// <summary>Adds an error for each option that needs OpenSSL, unless the transport has the event loops that its connections are on.</summary>
    /// <param name="validator">Collects the errors.</param>
    /// <param name="options">The paths of the options in use that need OpenSSL.</param>
    /// <param name="transport">The transport; null for sockets.</param>
    public static void ValidateTransport(OptionsValidator validator, IEnumerable<string> options, ITransport? transport)
    {
        if (transport is not EpollTransport)
        {
            Refuse(validator, options, "the epoll transport with the OpenSSL provider", $"the transport is {(transport is null or SocketsTransport ? "sockets" : $"{transport.Name} of {transport.GetType().Name}")}");
        }
    }

    private static void Refuse(OptionsValidator validator, IEnumerable<string> options, string needed, string reason)
    {
        foreach (var option in options)
        {
            var name = option == Choice ? $"{option} {TlsProviderKind.OpenSsl}" : option[(option.LastIndexOf('.') + 1)..];
            validator.Add($"{name} needs {needed}; {reason}.", option);
        }
    }
}
