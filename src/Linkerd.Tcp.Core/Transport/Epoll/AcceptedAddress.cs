using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>A peer's address as accept wrote it: kept as bytes, since most are never looked at.</summary>
[InlineArray(Length)]
internal struct AcceptedAddress
{
    /// <summary>The length of a <c>sockaddr_in6</c>.</summary>
    public const int Length = 28;

    private byte _first;
}
