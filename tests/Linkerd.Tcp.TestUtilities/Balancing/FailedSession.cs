namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>A session that got no server connection.</summary>
/// <param name="Reason">Its close reason, in letters.</param>
/// <param name="ArrivedAt">When it began, in virtual time.</param>
/// <param name="EndedAt">When it was given up.</param>
public readonly record struct FailedSession(string Reason, TimeSpan ArrivedAt, TimeSpan EndedAt);
