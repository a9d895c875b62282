namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>Finds the brace that ends a JSON object, byte by byte. It does not check whether the object is well-formed.</summary>
internal struct JsonObjectScanner
{
    private int _depth;
    private bool _inString;
    private bool _escaped;

    /// <summary>Looks at the next byte, the opening brace first; true if it ends the object.</summary>
    public bool EndsAt(byte b)
    {
        if (_inString)
        {
            (_inString, _escaped) = (_escaped || b != (byte)'"', !_escaped && b == (byte)'\\');
            return false;
        }

        switch (b)
        {
            case (byte)'"':
                _inString = true;
                return false;
            case (byte)'{':
                _depth++;
                return false;
            case (byte)'}':
                return --_depth == 0;
            default:
                return false;
        }
    }
}
