namespace Linkerd.Tcp.Namerd;

/// <summary>Whether a request still waits for its connection: a timeout then says that namerd is out of reach, not that the name is pending.</summary>
internal sealed class ConnectProgress
{
    private static readonly HttpRequestOptionsKey<ConnectProgress> Key = new(nameof(ConnectProgress));
    private volatile bool _isConnecting;

    public bool IsConnecting
    {
        get => _isConnecting;
        set => _isConnecting = value;
    }

    public static ConnectProgress Of(HttpRequestMessage request)
    {
        if (!request.Options.TryGetValue(Key, out var progress))
        {
            progress = new ConnectProgress();
            request.Options.Set(Key, progress);
        }

        return progress;
    }
}
