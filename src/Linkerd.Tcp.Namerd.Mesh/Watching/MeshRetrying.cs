namespace Linkerd.Tcp.Namerd;

/// <summary>How long is waited before namerd is asked again, all of it jittered so that many clients do not ask at once.</summary>
internal static class MeshRetrying
{
    /// <summary>The share by which intervals vary.</summary>
    public const double Jitter = 0.1;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Prompt = TimeSpan.FromMilliseconds(250);

    /// <summary>After failures: from 1 s, doubling, to 60 s.</summary>
    public static Backoff Backoff(MeshOptions options) => new(First, Most, options.Random);

    /// <summary>Where nothing is wrong with the name, but all clients of a restarted namerd are in this place.</summary>
    public static TimeSpan PromptDelay(MeshOptions options) => Prompt * options.Random.NextDouble();
}
