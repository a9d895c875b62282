namespace Linkerd.Tcp.Infrastructure;

/// <summary>Specifies the precedence of a state over earlier ones, in ascending order. For the packages of this project; it may change in any version.</summary>
public enum StatePrecedence
{
    /// <summary>Pending or failed: no new information, so the state before it stands.</summary>
    Nothing,

    /// <summary>The name does not exist, which a consumer may disregard.</summary>
    Negative,

    /// <summary>The whole state of the name; it supersedes every state before it.</summary>
    Bound,
}
