"""Speaks what it reads: a speech command for recordings, with the espeak-ng that PyPI's
`espeakng-loader` carries.

    python speak.py [WORDS_A_MINUTE] <words >audio.wav
"""

import ctypes
import io
import sys
import wave

import espeakng_loader

RETRIEVAL = 1
RATE = 1
UTF_8 = 1
# The data folder is named, and it never ends the process by itself.
DONT_EXIT = 0x8000

_callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def speak(text, words_a_minute=175):
    """The frames a second, and 16-bit samples of one channel."""
    espeak = ctypes.CDLL(espeakng_loader.get_library_path())
    spoken = bytearray()

    @_callback
    def take(samples, count, _events):
        if samples and count > 0:
            spoken.extend(ctypes.string_at(samples, 2 * count))
        return 0

    data = espeakng_loader.get_data_path().encode()
    hz = espeak.espeak_Initialize(RETRIEVAL, 0, data, DONT_EXIT)
    assert hz > 0, "espeak-ng does not start"
    espeak.espeak_SetSynthCallback(take)
    assert espeak.espeak_SetVoiceByName(b"en") == 0
    espeak.espeak_SetParameter(RATE, words_a_minute, 0)
    words = text.encode() + b"\0"
    assert espeak.espeak_Synth(words, len(words), 0, 0, 0, UTF_8, None, None) == 0
    assert espeak.espeak_Synchronize() == 0
    return hz, bytes(spoken)


def main(words_a_minute="175"):
    hz, samples = speak(sys.stdin.read(), int(words_a_minute))
    audio = io.BytesIO()
    with wave.open(audio, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(hz)
        file.writeframes(samples)
    sys.stdout.buffer.write(audio.getvalue())


if __name__ == "__main__":
    main(*sys.argv[1:])
