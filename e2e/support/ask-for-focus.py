"""ask-for-focus.py WINDOW TIME: asks the window manager to activate a window, as an app does that was last used at TIME.

_NET_ACTIVE_WINDOW of specifications.freedesktop.org/wm-spec, which neither xdotool nor wmctrl sends with a time.
"""
import ctypes
import sys

window, time = (int(text, 0) for text in sys.argv[1:])
x11 = ctypes.CDLL("libX11.so.6")
x11.XOpenDisplay.restype = ctypes.c_void_p


class ClientMessage(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("padding", ctypes.c_long * 24),
    ]


client_message, from_an_app, redirected_and_noticed = 33, 1, (1 << 20) | (1 << 19)
display = ctypes.c_void_p(x11.XOpenDisplay(None))
x11.XDefaultRootWindow.restype = x11.XInternAtom.restype = ctypes.c_ulong
root = ctypes.c_ulong(x11.XDefaultRootWindow(display))
name = x11.XInternAtom(display, b"_NET_ACTIVE_WINDOW", 0)
data = (ctypes.c_long * 5)(from_an_app, time)
event = ClientMessage(client_message, 0, 1, display, window, name, 32, data)
x11.XSendEvent(display, root, 0, ctypes.c_long(redirected_and_noticed), ctypes.byref(event))
x11.XSync(display, 0)
