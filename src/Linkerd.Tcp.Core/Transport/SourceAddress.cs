using System.Net;

namespace Linkerd.Tcp.Transport;

/// <summary>Applies <see cref="TransportConnectOptions.Source"/> to one attempt, and describes its failures.</summary>
internal static class SourceAddress
{
    /// <summary>Gets the address to bind to; null if none was given or the target is of another family.</summary>
    public static IPAddress? For(in TransportConnectOptions options, EndPoint to) =>
        options.Source is { } source && to is IPEndPoint target && target.AddressFamily == source.AddressFamily ? source : null;

    /// <summary>Creates the result for an address that could not be bound, whatever the reason: not a fault of the endpoint.</summary>
    public static ConnectResult CannotBind(IPAddress source, string why) =>
        ConnectResult.Failed(ConnectFailure.LocalResources, Explain(source, ConnectFailure.LocalResources, why));

    /// <summary>Describes the failure of an attempt, with the address if it may be the reason: no port left, or a loopback address for a target that is elsewhere.</summary>
    public static string? Explain(IPAddress? source, ConnectFailure failure, string? why) =>
        source is not null && failure is ConnectFailure.LocalResources or ConnectFailure.Other ? $"cannot connect from {source}: {why}" : why;
}
