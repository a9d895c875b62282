namespace Linkerd.Tcp.Sessions;

/// <summary>The sessions of one client address; belongs to <see cref="ClientCounts"/>.</summary>
internal sealed class ClientCount(UInt128 address)
{
    public UInt128 Address { get; } = address;

    public int Sessions { get; set; }
}
