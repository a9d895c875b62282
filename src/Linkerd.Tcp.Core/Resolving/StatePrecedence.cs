namespace Linkerd.Tcp.Resolving;

/// <summary>How much a state says. In ascending order.</summary>
public enum StatePrecedence
{
    /// <summary>Pending or failed: it says nothing, so what was before it stands.</summary>
    Nothing,

    /// <summary>The name does not exist, which a consumer may want to disregard.</summary>
    Negative,

    /// <summary>This is all there is; whatever was before it is history.</summary>
    Bound,
}
