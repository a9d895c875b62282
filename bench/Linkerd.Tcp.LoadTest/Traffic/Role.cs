namespace Linkerd.Tcp.LoadTest.Traffic;

/// <summary>The first byte that a client sends says what the backend does with the connection.</summary>
internal enum Role : byte
{
    Echo = (byte)'e',
    Download = (byte)'d',
    Upload = (byte)'u',
    Duplex = (byte)'x',
    Verify = (byte)'v',
}
