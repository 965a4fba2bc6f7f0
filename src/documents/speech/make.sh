#!/bin/sh
# Makes digits.pcm: the ten digits in Mandarin by espeak-ng, 8 kHz, 8 bits, silence cut. Needs espeak-ng and ffmpeg.
set -eu
cd "$(dirname "$0")"
clips=$(mktemp -d)
trap 'rm -r "$clips"' EXIT
for digit in 零 一 二 三 四 五 六 七 八 九; do
    espeak-ng -v cmn -s 135 -a 170 -w "$clips/whole.wav" "$digit"
    ffmpeg -loglevel error -y -i "$clips/whole.wav" -af "lowpass=f=3600,\
silenceremove=start_periods=1:start_threshold=-42dB:start_silence=0.02,areverse,\
silenceremove=start_periods=1:start_threshold=-42dB:start_silence=0.04,areverse,\
aresample=8000" -ac 1 -f u8 "$clips/clip"
    length=$(wc -c < "$clips/clip")
    printf "\\$(printf %03o $((length / 256)))\\$(printf %03o $((length % 256)))" >> "$clips/lengths"
    cat "$clips/clip" >> "$clips/samples"
done
cat "$clips/lengths" "$clips/samples" > digits.pcm
