namespace Linkerd.Tcp.Transport;

/// <summary>Provides the limit of this process's file descriptors, which bounds its connections on Unix. On Windows there is no such limit. Any thread.</summary>
public static class FileDescriptorLimit
{
    // Sessions take two each; listeners, discovery, logs and libraries share the rest.
    private const int Reserve = 200;
    private const int Unlimited = 1 << 20;

    private static int Resource => OperatingSystem.IsMacOS() ? 8 : 7;

    /// <summary>Raises the soft limit to the hard one, as servers usually do at start; on failure it stays as it is.</summary>
    /// <returns>The limit after the call.</returns>
    public static int RaiseToMaximum()
    {
        if (!OperatingSystem.IsWindows() && ResourceLimits.GetLimit(Resource, out var limit) == 0 && limit.Soft < limit.Hard)
        {
            limit.Soft = limit.Hard;
            _ = ResourceLimits.SetLimit(Resource, in limit);
        }

        return Current;
    }

    /// <summary>Gets the soft limit; 1,048,576 if there is none.</summary>
    internal static int Current =>
        !OperatingSystem.IsWindows() && ResourceLimits.GetLimit(Resource, out var limit) == 0 && limit.Soft < Unlimited ? (int)limit.Soft : Unlimited;

    /// <summary>Gets the number of sessions that fit: (limit - 200) / 2, at least 1.</summary>
    public static int DefaultMaxSessions => Math.Max(1, (Current - Reserve) / 2);

    /// <summary>
    /// The number of pipes that bulk streams may hold. Two descriptors each, out of the reserve, which listeners, discovery and logs share; 64 MiB is
    /// the limit of the kernel for an unprivileged user (fs.pipe-user-pages-soft).
    /// </summary>
    internal static int PipesAllowed => 64;
}
