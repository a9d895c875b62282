using System.Net;

namespace Linkerd.Tcp;

/// <summary>One address of a destination, with its state at run time: load, picks. Lives as long as its destination knows the address.</summary>
public sealed class Endpoint
{
    internal Endpoint(EndPoint address)
    {
        Address = address;
    }

    /// <summary>The address.</summary>
    public EndPoint Address { get; }
}
