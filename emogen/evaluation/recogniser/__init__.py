"""What a clip expresses: video, sound, pictures or words in, a calibrated timeline out.

The encoders (``words``, ``voice``, ``vision``) each read one modality; ``fusion`` joins them;
``recogniser`` runs all of it over a file in constant memory.
"""
