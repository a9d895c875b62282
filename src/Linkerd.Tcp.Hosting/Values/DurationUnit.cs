namespace Linkerd.Tcp.Hosting;

/// <summary>Specifies what the key of a duration counts in.</summary>
public enum DurationUnit
{
    /// <summary>Milliseconds: a key that ends in <c>Ms</c>.</summary>
    Milliseconds,

    /// <summary>Seconds, with up to three decimals: a key that ends in <c>Secs</c>.</summary>
    Seconds,
}
