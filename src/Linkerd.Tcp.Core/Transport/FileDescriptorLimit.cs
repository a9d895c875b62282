namespace Linkerd.Tcp.Transport;

/// <summary>How many descriptors this process may have: what bounds its connections on Unix. On Windows there is no such limit.</summary>
public static class FileDescriptorLimit
{
    // Sessions take two each; listeners, discovery, logs and libraries share the rest.
    private const int Reserve = 200;
    private const int Unlimited = 1 << 20;

    private static int Resource => OperatingSystem.IsMacOS() ? 8 : 7;

    /// <summary>Raises the soft limit to the hard one, as every server does at start; on failure it stays.</summary>
    /// <returns>The limit now.</returns>
    public static int RaiseToMaximum()
    {
        if (!OperatingSystem.IsWindows() && ResourceLimits.GetLimit(Resource, out var limit) == 0 && limit.Soft < limit.Hard)
        {
            limit.Soft = limit.Hard;
            _ = ResourceLimits.SetLimit(Resource, in limit);
        }

        return Current;
    }

    /// <summary>The soft limit; 1,048,576 where there is none.</summary>
    internal static int Current =>
        !OperatingSystem.IsWindows() && ResourceLimits.GetLimit(Resource, out var limit) == 0 && limit.Soft < Unlimited ? (int)limit.Soft : Unlimited;

    /// <summary>The sessions that fit: (limit - 200) / 2, at least 1.</summary>
    public static int DefaultMaxSessions => Math.Max(1, (Current - Reserve) / 2);

    /// <summary>
    /// The pipes that bulk streams may hold. Two descriptors each, out of the reserve, which listeners, discovery and logs share; 64 MiB is
    /// what the kernel lets an unprivileged user have (fs.pipe-user-pages-soft).
    /// </summary>
    internal static int PipesAllowed => 64;
}
