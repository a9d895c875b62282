namespace Linkerd.Tcp.Hosting;

/// <summary>Specifies the unit of a duration's key.</summary>
public enum DurationUnit
{
    /// <summary>Milliseconds: a key that ends in <c>Ms</c>.</summary>
    Milliseconds,

    /// <summary>Seconds, with up to three decimals: a key that ends in <c>Secs</c>.</summary>
    Seconds,
}
