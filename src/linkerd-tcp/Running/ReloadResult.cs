namespace Linkerd.Tcp.Cli.Running;

/// <summary>Represents the result of a reload.</summary>
/// <param name="Time">The time of its end.</param>
/// <param name="Trigger">The trigger, such as <c>SIGHUP</c>.</param>
/// <param name="Success">True if the configuration is in force, except <paramref name="NotApplied"/>, and all certificates were loaded.</param>
/// <param name="Problems">The problems, for which nothing has changed, and files of certificates that cannot be used.</param>
/// <param name="Warnings">The warnings.</param>
/// <param name="Applied">The keys that have changed.</param>
/// <param name="NotApplied">The keys that cannot change while the process runs.</param>
internal sealed record ReloadResult(
    DateTimeOffset Time, string Trigger, bool Success, IReadOnlyList<string> Problems, IReadOnlyList<string> Warnings, IReadOnlyList<string> Applied, IReadOnlyList<string> NotApplied);
