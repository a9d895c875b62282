namespace Linkerd.Tcp.LoadTest.Native;

/// <summary>Numbers of Linux's headers, the same on x64 and arm64.</summary>
internal static class Constants
{
    public const int InternetFamily = 2;
    public const int StreamType = 1;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;

    public const int SocketLevel = 1;
    public const int ReuseAddress = 2;
    public const int TcpLevel = 6;
    public const int NoDelay = 1;
    public const int IpLevel = 0;
    public const int BindAddressNoPort = 24;

    public const int NoSignal = 0x4000;

    /// <summary>On TCP: received bytes are dropped in the kernel, nothing is copied.</summary>
    public const int Truncate = 0x20;

    public const int Add = 1;
    public const int Modify = 3;
    public const uint Readable = 0x001;
    public const uint Writable = 0x004;
    public const uint Failed = 0x008;
    public const uint HungUp = 0x010;
    public const uint PeerFinished = 0x2000;
    public const uint EdgeTriggered = 0x80000000;

    public const int DescriptorLimit = 7;
    public const int QuitSignal = 3;
    public const int UserSignal = 10;
    public const int TerminateSignal = 15;
    public const int KillSignal = 9;
}
