using System.Net;

namespace Linkerd.Tcp.Transport;

/// <summary>What <see cref="TransportConnectOptions.Source"/> means for one attempt, and how it is told that it failed.</summary>
internal static class SourceAddress
{
    /// <summary>The address to bind to; null: none, as none was asked for or the target is of another kind.</summary>
    public static IPAddress? For(in TransportConnectOptions options, EndPoint to) =>
        options.Source is { } source && to is IPEndPoint target && target.AddressFamily == source.AddressFamily ? source : null;

    /// <summary>The address could not be bound, whatever the reason: says nothing about the endpoint.</summary>
    public static ConnectResult CannotBind(IPAddress source, string why) =>
        ConnectResult.Failed(ConnectFailure.LocalResources, Explain(source, ConnectFailure.LocalResources, why));

    /// <summary>Why an attempt failed, with the address where it may be the reason: no port left, a loopback address for a target that is elsewhere.</summary>
    public static string? Explain(IPAddress? source, ConnectFailure failure, string? why) =>
        source is not null && failure is ConnectFailure.LocalResources or ConnectFailure.Other ? $"cannot connect from {source}: {why}" : why;
}
